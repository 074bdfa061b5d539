import SystemPackage
import TrackCore

/// The evaluators that this machine can start, by name. Who asks for an evaluation names one; what is run is the administrator's word.
package struct EvaluatorCatalog: Sendable {
    /// By name, the program and its arguments.
    package let commands: [String: [String]]
    /// The environment of every evaluator; nothing else of this process's own is handed on.
    package let environment: [String: String]
    /// As whom evaluators run; nil for this process's own user.
    package let user: RunAs?

    /// Names of the evaluator that is always there, and of the variable that says which Python runs it.
    package static let transformers = "transformers"
    package static let pythonVariable = "TRACK_EVALUATOR_PYTHON"

    /// - Parameters:
    ///   - python: the interpreter that has `track_evaluator`; nil takes `TRACK_EVALUATOR_PYTHON`, else `python3`.
    ///   - environment: of this process.
    ///   - userName: as whom root runs evaluators; no effect for others.
    /// - Throws: ``GuardedProcessError/noSuchUser(_:)``
    package init(python: String? = nil, environment: [String: String], userName: String = "nobody") throws {
        let interpreter = python ?? environment[Self.pythonVariable] ?? "python3"
        self.init(
            commands: [Self.transformers: [interpreter, "-m", "track_evaluator"]], environment: environment,
            user: try RunAs.named(userName))
    }

    package init(commands: [String: [String]], environment: [String: String], user: RunAs?) {
        self.commands = commands
        self.environment = Self.allowed(of: environment)
        self.user = user
    }

    /// The command of an evaluator.
    ///
    /// - Parameters:
    ///   - workingFolder: private, empty, of the evaluator's user; it is its home when that user is not this process's own.
    ///   - noteFolder: see ``GuardedCommand/noteFolder``.
    /// - Throws: A problem when there is no evaluator of this name.
    package func command(named name: String, workingFolder: String, noteFolder: String?) throws -> GuardedCommand {
        guard let arguments = commands[name] else {
            throw Problem(
                .invalid,
                "This machine has no evaluator \(name.debugDescription); it has \(commands.keys.sorted().joined(separator: ", ")).")
        }
        var environment = environment
        if user != nil || environment["HOME"] == nil { environment["HOME"] = workingFolder }
        return GuardedCommand(
            arguments, environment: environment, user: user, workingDirectory: FilePath(workingFolder),
            noteFolder: noteFolder.map { FilePath($0) })
    }

    /// The contract's list. Only `TRACK_EVALUATOR_…` of track's own: the others may hold a token or a database's address, and an
    /// evaluator runs code of others.
    static func allowed(of environment: [String: String]) -> [String: String] {
        var allowed = environment.filter { name, _ in
            ["PATH", "HOME", "LANG", "CUDA_VISIBLE_DEVICES"].contains(name) || name.hasPrefix("TRACK_EVALUATOR_")
        }
        allowed["HF_HUB_OFFLINE"] = "1"
        allowed["TOKENIZERS_PARALLELISM"] = "false"
        return allowed
    }
}
