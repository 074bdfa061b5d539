import FoundationEssentials
import Hummingbird
package import Logging
import Postgres
import ServiceLifecycle
import SystemPackage
import UnixSignals
import TrackAPI
import TrackAlerts
import TrackClient
import TrackCore
import TrackEvaluators
import TrackJobs
import TrackReview
import TrackScorecards
import TrackStore
import TrackWorker
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The composition of trackd: one list shows what runs, and in which order it starts and stops.
package enum Daemon {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Throws: an error whose description is the sentence for the person who started it.
    package static func serve(_ configuration: DaemonConfiguration, logger: Logger) async throws {
        let lock = try StateFolderLock.acquire(FilePath(configuration.stateFolder.path))
        // To connect to a Unix socket one must be allowed to write it; nobody else is, from its first moment on.
        umask(umask(0) | 0o022)
        try await withDatabase(configuration, lock: lock, logger: logger) { database in
            try await serve(configuration, database: database, logger: logger)
        }
    }

    /// Opens the database of the configuration, starting the private cluster where there is one, with its schema brought up to date.
    private static func withDatabase<Value: Sendable>(
        _ configuration: DaemonConfiguration, lock: StateFolderLock, logger: Logger,
        _ body: @escaping @Sendable (Database) async throws -> Value
    ) async throws -> Value {
        if let url = configuration.databaseURL {
            let settings = try DatabaseConfiguration(url: url.reveal(), schema: Schema.name)
            let database = Database(configuration: named(settings, "trackd"), logger: logger)
            try await Migrator(database: database, schema: Schema.name, program: "trackd", migrations: Schema.migrations).check()
            if !configuration.allowsUnsafeDatabase { try await DatabaseSafety.check(database) }
            return try await body(database)
        }
        return try await withPrivateDatabase(configuration, lock: lock, logger: logger) { settings in
            let database = Database(configuration: named(settings, "trackd"), logger: logger)
            let applied = try await Migrator(database: database, schema: Schema.name, program: "trackd", migrations: Schema.migrations)
                .apply()
            if !applied.isEmpty { logger.info("schema migrated", metadata: ["versions": "\(applied)"]) }
            return try await body(database)
        }
    }

    /// Runs the private cluster of the state folder while `body` uses it.
    static func withPrivateDatabase<Value: Sendable>(
        _ configuration: DaemonConfiguration, lock: StateFolderLock, logger: Logger,
        _ body: @escaping @Sendable (DatabaseConfiguration) async throws -> Value
    ) async throws -> Value {
        let cluster = PrivateClusterConfiguration(
            lock: lock, serverUser: configuration.databaseUser,
            folderAdvice: "choose another state folder with --state-folder or TRACK_STATE_FOLDER, for example /var/lib/track",
            logger: logger)
        return try await PrivateCluster.withRunning(cluster) { cluster in
            try await body(
                DatabaseConfiguration(
                    endpoint: .unixSocket(folder: cluster.socketFolder, port: cluster.port), user: cluster.superuser,
                    database: cluster.database, schema: Schema.name))
        }
    }

    static func named(_ settings: DatabaseConfiguration, _ name: String) -> DatabaseConfiguration {
        var settings = settings
        settings.applicationName = name
        return settings
    }

    private static func serve(_ configuration: DaemonConfiguration, database: Database, logger: Logger) async throws {
        let folder = configuration.stateFolder
        let uploads = folder.path + "/uploads"
        try StateFolderSetup.privateFolder(uploads)
        let socket = try StateFolderSetup.socketPath(for: folder, uid: geteuid())
        let listener = configuration.listener
        if let port = listener.port { try FreePort.check(port, of: listener.address) }
        try DescriptorLimit.raise(for: listener.connections)
        if let warning = listener.tls?.warning(now: Int64(Date().timeIntervalSince1970)) { logger.warning("\(warning)") }
        let host = try await endEarlierWork(database, logger: logger)
        if listener.port != nil { try await LocalToken.prepare(in: folder, host: host, database: database) }

        let rules = ReviewRules()
        let now: @Sendable () -> TrackCore.Timestamp = { TrackCore.Timestamp(Date()) }
        let lifeline = database.sibling(poolSize: 3)
        let tokenUses = TokenUses(database: database, logger: logger)
        let tokens = TokenBook(
            find: { id in try await lifeline.read("token.find") { db in try TokenStore.token(id, in: db) } },
            noteUse: { tokenUses.noteUse($0) }, now: now)
        let press = ScorecardPress(
            database: database, publisher: ScorecardPublisher(folder: configuration.scorecardFolder), rules: rules, now: now)
        try StateFolderSetup.publicFolder(configuration.scorecardFolder)
        let bell = ReviewBell(every: .seconds(5))
        let comparer = CheckpointComparer(database: database, rules: rules)
        let powers = PowerLoader(database: database, rules: rules)
        let refresher = DomainRefresher(database: database, uploads: uploads, logger: logger)
        let statusBoard = StatusBoard(database: lifeline, startedAt: now())
        let times = LeaseTimes(lease: configuration.lease, beat: configuration.beat)
        let policy = RetryPolicy(base: configuration.retry)
        let started = ContinuousClock.now
        let router = APIRouter.build(
            APIServices(
                database: database, lifeline: lifeline, tokens: tokens, version: version, now: now, leaseTimes: times, retryPolicy: policy,
                scoring: configuration.scoring, uploads: uploads, uploadLimit: configuration.domainSetLimit, hosts: listener.hosts,
                limiter: RateLimiter(listener.rates, now: { ContinuousClock.now - started }),
                judge: .init(
                    compare: { try await comparer.compare($0, $1, tokens: $2) }, power: { try await powers.power(of: $0, number: $1) },
                    publish: { try await press.publish($0) }, read: { try await press.read($0) },
                    wake: { bell.ring() }),
                refresh: { try await refresher.refresh($0, $1, by: $2) },
                status: { try await statusBoard.view() }))
        let (sinks, webhooks) = try sinks(configuration, logger: logger)
        let reviewer = Reviewer(database: database, press: press, sinks: sinks.map(\.name), bell: bell, logger: logger)
        let scoring = configuration.scoring
        let firer = ScheduleFirer(
            database: database, interval: configuration.schedulePoll, logger: logger,
            refresh: { await refresher.refreshForSlot(ofSchedule: $0) }
        ) { db in
            ScheduleStore.FiringPlan(scoring: try ProtocolStore.id(of: scoring, in: db), evaluator: Evaluators.standard, decider: host)
        }

        let doors = HTTPListeners(configuration: listener, router: router, logger: quiet(logger))

        // Started from top to bottom, stopped from bottom to top.
        var services: [any Service] = [
            database, lifeline,
            LeaseWatch(database: database, times: times, policy: policy, logger: logger),
            firer,
            reviewer,
            Notifier(outbox: Outbox(database: database), sinks: sinks, logger: logger),
            tokenUses,
            doors.unixSocket(socket) {
                logger.info("listening", metadata: ["http.socket": "\(socket)", "state.folder": "\(folder.path)"])
            },
        ]
        if let port = listener.port {
            services.append(
                try doors.tcp(port: port) {
                    logger.info("listening", metadata: ["http.address": "\($0)", "token.file": "\(folder.adminToken)"])
                })
        }
        if configuration.runsWorker {
            services.append(try EmbeddedWorker(configuration, socket: socket, host: host, now: now, logger: logger))
        }
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(logger))
        group.maximumGracefulShutdownDuration = configuration.workerDrain + .seconds(30)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            await webhooks?.shutDown()
            throw error
        }
        await webhooks?.shutDown()
        unlink(socket)
    }

    /// Nobody works for an earlier daemon of this host any more: its worker's open attempts end as lost.
    ///
    /// - Returns: the name of this host, as its worker claims.
    private static func endEarlierWork(_ database: Database, logger: Logger) async throws -> String {
        let host = ProcessInfo.processInfo.hostName
        let ended = try await database.write("start.end-attempts") { db in try JobQueue.endEmbeddedAttempts(host: host, in: db) }
        if !ended.isEmpty { logger.notice("attempts of an earlier trackd ended as lost", metadata: ["attempts.count": "\(ended.count)"]) }
        return host
    }

    private static func sinks(_ configuration: DaemonConfiguration, logger: Logger) throws -> (sinks: [Sink], webhooks: WebhookClient?) {
        guard let webhook = configuration.webhook else { return ([.log(logger: logger)], nil) }
        let client = WebhookClient()
        let sink = Sink.webhook(
            name: "webhook", to: try WebhookEndpoint(webhook.url), secret: try WebhookSecret(webhook.secret.reveal()), over: client)
        return ([.log(logger: logger), sink], client)
    }

    /// Frameworks tell of their own start and stop; trackd tells of its own.
    static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }
}
