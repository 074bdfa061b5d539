package import Postgres
import TrackAlerts
package import TrackCore
package import TrackEvaluators
package import TrackWorker

/// Everything that `trackd` can be told. Read once, at start; a bad value stops it.
///
/// A key `http.port` is the flag `--http-port` where there is one, the variable `TRACK_HTTP_PORT`, and in the file
/// `{"track": {"http": {"port": 7450}}}`. `docs/configuration.md` lists the keys; a test keeps the list true.
package struct DaemonConfiguration: Sendable {
    /// `stateFolder`
    package var stateFolder: StateFolder
    /// `database.url`: nil runs a private cluster in the state folder.
    package var databaseURL: Secret?
    /// `database.user`: as whom the private cluster runs when trackd is root.
    package var databaseUser: String
    /// `database.allowUnsafe`
    package var allowsUnsafeDatabase: Bool
    /// `http.…` and the rates of `limits.…`
    package var listener: ListenerConfiguration
    /// `worker.enabled`
    package var runsWorker: Bool
    /// `worker.poll`, seconds
    package var workerPoll: Duration
    /// `worker.drain`, seconds
    package var workerDrain: Duration
    /// `jobs.lease`, seconds
    package var lease: Duration
    /// `jobs.beat`, seconds
    package var beat: Duration
    /// `jobs.retry`, seconds: the first wait after a failed attempt
    package var retry: Duration
    /// `schedules.poll`, seconds
    package var schedulePoll: Duration
    /// `evaluator.python`
    package var python: String
    /// `evaluator.file`: the administrator's own evaluators.
    package var evaluators: EvaluatorFile
    /// `evaluator.user`: as whom evaluators run when trackd is root.
    package var evaluatorUser: String
    /// `evaluator.silence`, seconds
    package var evaluatorSilence: Duration
    /// `evaluator.types`: how many vocabulary types of each domain the embedded worker asks for.
    package var evaluatorTypes: Int
    /// `checkpoints.roots`: below which folders the embedded worker reads checkpoints.
    package var checkpointRoots: CheckpointRoots
    /// `scoring.…`
    package var scoring: ScoringProtocol
    /// `alerts.webhook.url`, `alerts.webhook.secretFile`
    package var webhook: (url: String, secret: Secret)?
    /// `scorecards.folder`
    package var scorecardFolder: String
    /// `limits.domainSet`, MiB
    package var domainSetLimit: Int
    /// `log.level`
    package var logLevel: LogLevel

    package enum LogLevel: String, Sendable, CaseIterable { case debug, info, warning, error }

    /// The settings as they took effect, secrets redacted, with where each came from.
    package var effective: [(key: String, value: String, origin: String)]
}

extension DaemonConfiguration {
    /// - Throws: ``ConfigurationFault`` with everything that is wrong.
    package static func load(
        flags: [String: String], file: String?, environment: [String: String], uid: UInt32
    ) async throws(ConfigurationFault) -> DaemonConfiguration {
        var folderEnvironment = environment
        if let chosen = flags["stateFolder"] { folderEnvironment["TRACK_STATE_FOLDER"] = chosen }
        let standard = StateFolder.standard(environment: folderEnvironment, uid: uid)
        let path = file ?? environment["TRACK_CONFIG"]
        let source = path.map { ($0, false) } ?? standard.map { ($0.path + "/trackd.json", true) }
        var settings = try await SettingSource(flags: flags, environment: environment, file: source)
        let configuration = read(&settings, standard: standard)
        var faults = settings.faults
        if let source {
            faults += ConfigurationFile.strangers(to: source.0)
            faults += ConfigurationFile.unknownKeys(in: source.0, known: settings.known)
        }
        guard faults.isEmpty else { throw ConfigurationFault(faults) }
        return configuration
    }

    private static func read(_ settings: inout SettingSource, standard: StateFolder?) -> DaemonConfiguration {
        let folder = StateFolder(path: settings.string("stateFolder", default: standard?.path ?? ""))
        if !folder.path.hasPrefix("/") {
            settings.fault("track.stateFolder must be an absolute path: give --state-folder, or set TRACK_STATE_FOLDER or HOME.")
        }
        let url = settings.optionalString("database.url", isSecret: true).map(Secret.init)
        let lease = settings.seconds("jobs.lease", default: 600, in: 1...86400)
        let beat = settings.seconds("jobs.beat", default: 30, in: 0.1...3600)
        if beat * 2 > lease {
            settings.fault("track.jobs.beat must be at most half of track.jobs.lease, or living workers lose their jobs.")
        }
        var configuration = DaemonConfiguration(
            stateFolder: folder, databaseURL: url,
            databaseUser: settings.string("database.user", default: "postgres"),
            allowsUnsafeDatabase: settings.boolean("database.allowUnsafe", default: false),
            listener: ListenerConfiguration.read(&settings),
            runsWorker: settings.boolean("worker.enabled", default: true),
            workerPoll: settings.seconds("worker.poll", default: 2, in: 0.05...600),
            workerDrain: settings.seconds("worker.drain", default: 60, in: 0...86400),
            lease: lease, beat: beat,
            retry: settings.seconds("jobs.retry", default: 60, in: 0.1...86400),
            schedulePoll: settings.seconds("schedules.poll", default: 5, in: 0.1...600),
            python: settings.string("evaluator.python", default: "python3"),
            evaluators: evaluators(&settings, folder),
            evaluatorUser: settings.string("evaluator.user", default: "nobody"),
            evaluatorSilence: settings.seconds("evaluator.silence", default: 600, in: 1...86400),
            evaluatorTypes: settings.integer("evaluator.types", default: TypeLosses.usual, in: 0...TypeLosses.maximum),
            checkpointRoots: checkpointRoots(&settings),
            scoring: scoring(&settings),
            webhook: nil,
            scorecardFolder: settings.string("scorecards.folder", default: folder.path + "/scorecards"),
            domainSetLimit: settings.integer("limits.domainSet", default: 4096, in: 1...1_000_000) << 20,
            logLevel: settings.choice("log.level", default: .info),
            effective: [])
        if configuration.runsWorker {
            do {
                _ = try RunAs.named(configuration.evaluatorUser)
            } catch {
                settings.fault("track.evaluator.user: \(error)")
            }
        }
        configuration.webhook = webhook(&settings)
        configuration.effective = settings.effective.map { ($0.key, $0.value, $0.origin) }
        return configuration
    }

    private static func checkpointRoots(_ settings: inout SettingSource) -> CheckpointRoots {
        do {
            return try CheckpointRoots(settings.strings("checkpoints.roots"))
        } catch {
            settings.fault("track.checkpoints.roots: \(error)")
            return .any
        }
    }

    private static func scoring(_ settings: inout SettingSource) -> ScoringProtocol {
        let tokens = 0...10_000_000
        let stride = settings.integer("scoring.stride", default: 0, in: tokens)
        let scoring = ScoringProtocol(
            scoring: settings.choice("scoring.tokens", default: .allTokens),
            windows: settings.choice("scoring.windows", default: .disjoint),
            stride: stride == 0 ? nil : stride, context: settings.integer("scoring.context", default: 0, in: tokens),
            prefix: settings.choice("scoring.prefix", default: .bosOrEos), dtype: settings.choice("scoring.dtype", default: .float32))
        for fault in scoring.faults {
            settings.fault("track.scoring.\(fault.field.dropFirst()) \(fault.reason).")
        }
        return scoring
    }

    private static func evaluators(_ settings: inout SettingSource, _ folder: StateFolder) -> EvaluatorFile {
        do {
            let file = try EvaluatorFile.read(settings.optionalString("evaluator.file"), stateFolder: folder)
            // Looked at here, so that `trackd config check` tells what would stop the daemon.
            _ = try EvaluatorCatalog(commandsOf: file, python: "python3", program: "track")
            return file
        } catch {
            settings.fault(error.description)
            return .none
        }
    }

    private static func webhook(_ settings: inout SettingSource) -> (url: String, secret: Secret)? {
        // Its path can be a secret, as with chat services.
        let url = settings.optionalString("alerts.webhook.url", isSecret: true)
        let file = settings.optionalString("alerts.webhook.secretFile")
        guard let url else {
            if file != nil { settings.fault("track.alerts.webhook.secretFile is given without track.alerts.webhook.url.") }
            return nil
        }
        guard let file else {
            settings.fault("track.alerts.webhook.secretFile is missing: messages are signed, so that the receiver can trust them.")
            return nil
        }
        do {
            let secret = try SecretFile.read(file)
            // Looked at here, so that `trackd config check` tells what would stop the daemon.
            _ = try WebhookEndpoint(url)
            _ = try WebhookSecret(secret)
            return (url, Secret(secret))
        } catch {
            settings.fault(Daemon.sentence(of: error))
            return nil
        }
    }
}
