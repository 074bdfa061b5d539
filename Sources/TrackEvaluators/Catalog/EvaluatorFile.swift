import FoundationEssentials
import SystemPackage
package import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The administrator's file of evaluators, `{"evaluators": {"NAME": {"command": ["/path", "argument"]}}}`.
package struct EvaluatorFile: Sendable {
    /// One evaluator of the file.
    package enum Entry: Hashable, Sendable {
        /// A program that speaks the contract, and its arguments.
        case command([String])
        /// A running server.
        case served(ServedSettings)
    }

    package let entries: [String: Entry]

    /// In the state folder, and of the variable that names another one.
    package static let standardName = "evaluators.json"
    package static let variable = "TRACK_EVALUATOR_FILE"

    /// No evaluator but those that come with track.
    package static let none = EvaluatorFile(entries: [:])

    package init(entries: [String: Entry]) { self.entries = entries }

    /// - Parameters:
    ///   - path: what the administrator named; nil takes ``standardName`` in the state folder, which may be missing.
    /// - Throws: ``EvaluatorFileFault``
    package static func read(_ path: String?, stateFolder: StateFolder) throws(EvaluatorFileFault) -> EvaluatorFile {
        let file = path ?? stateFolder.path + "/" + standardName
        guard path != nil || FileManager.default.fileExists(atPath: file) else { return .none }
        return try EvaluatorFile(path: file)
    }

    /// - Throws: ``EvaluatorFileFault`` for a file that is not the administrator's own, or that holds a mistake.
    package init(path: String) throws(EvaluatorFileFault) {
        let data: Data
        do {
            data = try Self.ownContents(of: path)
        } catch let fault as EvaluatorFileFault {
            throw fault
        } catch {
            throw EvaluatorFileFault("\(path) cannot be read: \(error).")
        }
        do {
            entries = try JSONDecoder().decodeChecked(Tree.self, from: data).evaluators.mapValues(\.entry)
        } catch {
            let fault = WireCoding.fault(of: error)
            throw EvaluatorFileFault("\(path): \(fault.field.isEmpty ? "it" : fault.field) \(fault.reason).")
        }
        for name in entries.keys.sorted() {
            guard Name.isValid(name) else {
                throw EvaluatorFileFault(
                    "\(path): \(name.debugDescription) is no name for an evaluator: use letters, digits, \".\", \"_\" and \"-\".")
            }
            guard name != EvaluatorCatalog.transformers else {
                throw EvaluatorFileFault("\(path): \(name) is track's own evaluator; give yours another name.")
            }
        }
    }

    /// The file names programs that are run: nobody but root and this process's user may be able to write it.
    private static func ownContents(of path: String) throws -> Data {
        let descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
        defer { try? descriptor.close() }
        var facts = stat()
        guard fstat(descriptor.rawValue, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw EvaluatorFileFault("\(path) is not a plain file.")
        }
        guard facts.st_uid == 0 || facts.st_uid == geteuid() else {
            throw EvaluatorFileFault(
                "\(path) belongs to the user \(facts.st_uid), and must belong to root or to the user that runs the worker.")
        }
        guard facts.st_mode & 0o022 == 0 else {
            throw EvaluatorFileFault("\(path) can be written by others. Make it yours alone: chmod go-w \(path)")
        }
        guard facts.st_size <= 1 << 20 else { throw EvaluatorFileFault("\(path) is longer than 1 MiB.") }
        return try FileReader.contents(of: path, limit: 1 << 20)
    }

    private struct Tree: Decodable {
        let evaluators: [String: Node]

        enum CodingKeys: String, CodingKey { case evaluators }

        init(from decoder: any Decoder) throws {
            try StrictKeys.check(decoder, ["evaluators"])
            evaluators = try decoder.container(keyedBy: CodingKeys.self).decode([String: Node].self, forKey: .evaluators)
        }
    }

    private struct Node: Decodable {
        let entry: Entry

        enum CodingKeys: String, CodingKey { case command, served }

        init(from decoder: any Decoder) throws {
            try StrictKeys.check(decoder, ["command", "served"])
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let command = try container.decodeIfPresent([String].self, forKey: .command)
            let served = try container.decodeIfPresent(ServedSettings.self, forKey: .served)
            switch (command, served) {
            case (let command?, nil):
                guard let program = command.first, program.hasPrefix("/") else {
                    throw StrictKeys.fault(decoder, "command", "must be a list that begins with the absolute path of a program")
                }
                entry = .command(command)
            case (nil, let served?): entry = .served(served)
            default: throw StrictKeys.fault(decoder, "", "must have either command or served")
            }
        }
    }
}

/// What is wrong with the evaluators' file, as a sentence.
package struct EvaluatorFileFault: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
