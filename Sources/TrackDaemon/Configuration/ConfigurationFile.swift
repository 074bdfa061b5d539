import FoundationEssentials
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import TrackCore

/// What a configuration file must be: an administrator's own, without a misspelt key.
enum ConfigurationFile {
    /// A sentence when somebody else could have written it: it names programs that trackd runs and places where it writes.
    static func strangers(to path: String) -> [String] {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return [] }
        guard facts.st_uid == 0 || facts.st_uid == geteuid() else {
            return ["\(path) belongs to the user \(facts.st_uid), and must belong to root or to the user that runs trackd."]
        }
        return facts.st_mode & 0o022 == 0 ? [] : ["\(path) can be written by others. Make it yours alone: chmod go-w \(path)"]
    }

    /// A sentence for every key under `track` that nothing reads.
    static func unknownKeys(in path: String, known: Set<String>) -> [String] {
        guard let data = try? Data(contentsOf: URL(filePath: path)), let tree = try? JSONDecoder().decodeChecked(Tree.self, from: data),
            case .branch(let top) = tree
        else { return [] }
        var faults = top.keys.filter { $0 != "track" }.sorted().map { "\(path): everything stands under \"track\"; \"\($0)\" does not." }
        if let branch = top["track"] {
            faults += branch.leaves(prefix: "").filter { !known.contains($0) }.sorted().map { "\(path): there is no setting track.\($0)." }
        }
        return faults
    }

    private indirect enum Tree: Decodable {
        case leaf
        case branch([String: Tree])

        init(from decoder: any Decoder) throws {
            if let members = try? decoder.singleValueContainer().decode([String: Tree].self) {
                self = .branch(members)
            } else {
                self = .leaf
            }
        }

        func leaves(prefix: String) -> [String] {
            guard case .branch(let members) = self else { return [prefix] }
            return members.flatMap { $1.leaves(prefix: prefix.isEmpty ? $0 : prefix + "." + $0) }
        }
    }
}
