import FoundationEssentials

/// A misspelt key must not be ignored.
enum ConfigurationFile {
    /// A sentence for every key under `track` that nothing reads.
    static func unknownKeys(in path: String, known: Set<String>) -> [String] {
        guard let data = try? Data(contentsOf: URL(filePath: path)), let tree = try? JSONDecoder().decode(Tree.self, from: data),
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
