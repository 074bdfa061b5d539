import FoundationEssentials
import SystemPackage
import TrackCore

/// The evaluators that this machine can start, by name. Who asks for an evaluation names one; what is run is the administrator's word.
package struct EvaluatorCatalog: Sendable {
    /// By name, the program and its arguments.
    package let commands: [String: [String]]
    /// By name, what one evaluator's environment has beside ``environment``.
    private let additions: [String: [String: String]]
    /// The environment of every evaluator; nothing else of this process's own is handed on.
    package let environment: [String: String]
    /// As whom evaluators run; nil for this process's own user.
    package let user: RunAs?

    /// Names of the evaluator that is always there, and of the variable that says which Python runs it.
    package static let transformers = "transformers"
    package static let pythonVariable = "TRACK_EVALUATOR_PYTHON"

    /// - Parameters:
    ///   - python: the interpreter that has `track_evaluator`; nil takes `TRACK_EVALUATOR_PYTHON`, else `python3`.
    ///   - file: the administrator's evaluators.
    ///   - program: the path of `track`, which speaks for a running server.
    ///   - environment: of this process.
    ///   - userName: as whom root runs evaluators; no effect for others.
    /// - Throws: ``GuardedProcessError/noSuchUser(_:)``, ``EvaluatorFileFault`` for a token that cannot be read.
    package init(
        python: String? = nil, file: EvaluatorFile, program: String, environment: [String: String], userName: String = "nobody"
    ) throws {
        let known = try EvaluatorCatalog(
            commandsOf: file, python: python ?? environment[Self.pythonVariable] ?? "python3", program: program)
        self.init(
            commands: known.commands, additions: known.additions, environment: environment, user: try RunAs.named(userName))
    }

    /// What can be started, without saying by whom and in which environment.
    package init(commandsOf file: EvaluatorFile, python: String, program: String) throws(EvaluatorFileFault) {
        var commands = [Self.transformers: [python, "-m", "track_evaluator"]]
        var additions: [String: [String: String]] = [:]
        for (name, entry) in file.entries {
            switch entry {
            case .command(let command): commands[name] = command
            case .served(let settings):
                commands[name] = [program] + ServedVariables.arguments
                additions[name] = try ServedVariables.environment(of: settings, named: name, python: python)
            }
        }
        self.init(commands: commands, additions: additions, environment: [:], user: nil)
    }

    /// The path of another program of track's, in the folder of the one that runs now.
    package static func program(beside name: String) -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? name
        let folder = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return folder.isEmpty ? name : folder + "/" + name
    }

    package init(
        commands: [String: [String]], additions: [String: [String: String]] = [:], environment: [String: String], user: RunAs?
    ) {
        self.commands = commands
        self.additions = additions
        self.environment = Self.allowed(of: environment)
        self.user = user
    }

    package var names: [String] { commands.keys.sorted() }

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
                "This machine has no evaluator \(name.debugDescription); it has \(names.joined(separator: ", ")).")
        }
        var environment = environment
        environment.merge(additions[name] ?? [:]) { $1 }
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
