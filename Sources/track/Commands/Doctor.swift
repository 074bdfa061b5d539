import ArgumentParser
import FoundationEssentials
import Glibc
import SystemPackage
import TrackClient
import TrackCore
import TrackEvaluators

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check what this machine needs: state folder, spool, token, daemon, and a Python with track_evaluator.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        var checks = [
            Check(name: "state folder", of: { () in context.folder.path }),
            Check(name: "spool") {
                let spool = try context.spool()
                try spool.check()
                if case .none(let words) = try spool.room() { throw CommandFailure(words + ".") }
                return "writable, \(NumberText.counted(try spool.waiting(), "record")) waiting"
            },
            Check(name: "token") { try Doctor.token(context) },
        ]
        checks.append(await Check(name: "daemon") { try await Doctor.daemon(context) })
        checks.append(await Check(name: "evaluator") { try await Doctor.evaluator(context) })
        try context.show(checks, as: output) { checks in
            checks.map { context.look.painted($0.isSound ? "✓" : "✕", $0.isSound ? .green : .red) + " \($0.name): \($0.finding)" }
                .joined(separator: "\n")
        }
        if checks.contains(where: { !$0.isSound }) { throw ExitCode(CommandStatus.failed.rawValue) }
    }

    private static func token(_ context: CommandContext) throws -> String {
        let address = try context.address()
        guard address.isNetwork else { return "over the Unix socket none is needed" }
        guard try context.token(for: address) != nil else {
            throw CommandFailure("none, and over TCP one is needed: `track login \(address)` keeps one, or set TRACK_TOKEN_FILE")
        }
        return "readable for its owner only"
    }

    private static func daemon(_ context: CommandContext) async throws -> String {
        let address = try context.address()
        let identity = try await context.withClient { try await $0.whoAmI() }
        let difference = identity.version == ProgramVersion.text ? "" : "; this is track \(ProgramVersion.text)"
        return "trackd \(identity.version) at \(address), which knows you as \(identity.name), \(identity.role.rawValue)\(difference)"
    }

    /// Starts the evaluator as a worker would, and hears who it is.
    private static func evaluator(_ context: CommandContext) async throws -> String {
        let catalog = try context.evaluators()
        let folder = FileManager.default.temporaryDirectory.appending(path: "track-doctor-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let command = try catalog.command(named: EvaluatorCatalog.transformers, workingFolder: folder, noteFolder: nil)
        let ended = try await GuardedProcess.run(command) { process in try await process.lines.next() }
        guard let line = ended.value else {
            let reason = ended.errorTail.split(separator: "\n").last.map(String.init) ?? "it wrote nothing"
            throw CommandFailure(
                "\(command.arguments[0]) has no working track_evaluator: \(reason). "
                    + "Install it with pip, and name its Python with \(EvaluatorCatalog.pythonVariable).")
        }
        guard case .hello(let hello) = try EvaluatorMessage(line: line) else {
            throw CommandFailure("\(command.arguments[0]) -m track_evaluator does not speak the evaluator contract.")
        }
        let libraries = ["python", "torch", "transformers", "device"].compactMap { key in hello.environment[key].map { "\(key) \($0)" } }
        return "\(hello.evaluator) \(hello.version) (\(libraries.joined(separator: ", ")))"
    }
}

/// One thing that was looked at.
private struct Check: Encodable {
    let name: String
    let isSound: Bool
    /// What was found, or what is wrong and how to mend it.
    let finding: String

    init(name: String, of look: () throws -> String) {
        self.name = name
        do {
            (finding, isSound) = (try look(), true)
        } catch {
            (finding, isSound) = (Check.words(for: error), false)
        }
    }

    init(name: String, of look: () async throws -> String) async {
        self.name = name
        do {
            (finding, isSound) = (try await look(), true)
        } catch {
            (finding, isSound) = (Check.words(for: error), false)
        }
    }

    private static func words(for error: any Error) -> String { CommandFailure(error).message }
}
