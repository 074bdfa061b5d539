import FoundationEssentials

/// A file of training text.
struct TrainingFile: Hashable, Sendable {
    let path: String
    let form: TrainingScanner.Form
    let isCompressed: Bool
}

/// The files of training text below the places that a person named.
struct TrainingText: Hashable, Sendable {
    /// Each once, in the order of their paths.
    let files: [TrainingFile]
    /// Files of other kinds: nobody has looked into them.
    let others: [String]

    /// Levels of folders that are looked into.
    static let maximumDepth = 32

    /// - Throws: ``TrainingTextError`` when a place is missing, cannot be read, or holds nothing of a kind that is read.
    init(at places: [String]) throws {
        var files: Set<TrainingFile> = []
        var others: Set<String> = []
        for place in places {
            let base = place.count > 1 && place.hasSuffix("/") ? String(place.dropLast()) : place
            var isFolder = false
            guard FileManager.default.fileExists(atPath: base, isDirectory: &isFolder) else { throw TrainingTextError.missing(place) }
            guard isFolder else {
                guard let file = Self.file(base) else { throw TrainingTextError.otherKind(place) }
                files.insert(file)
                continue
            }
            let paths = try Self.paths(below: base, depth: 1)
            let found = paths.compactMap(Self.file)
            // Not whether they are new: a folder may be named twice, or beside one that it lies in.
            guard !found.isEmpty else { throw TrainingTextError.nothingToRead(place) }
            files.formUnion(found)
            others.formUnion(paths.filter { Self.file($0) == nil })
        }
        self.files = files.sorted { $0.path < $1.path }
        self.others = others.sorted()
    }

    private static func paths(below folder: String, depth: Int) throws -> [String] {
        guard depth <= maximumDepth else { throw TrainingTextError.tooDeep(folder) }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw TrainingTextError.unreadable(folder, reason: "its entries cannot be listed; check its permissions")
        }
        return try names.filter { !$0.hasPrefix(".") }.flatMap { name in
            let path = folder + "/" + name
            var isFolder = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw TrainingTextError.unreadable(path, reason: "the link leads nowhere")
            }
            return isFolder ? try paths(below: path, depth: depth + 1) : [path]
        }
    }

    /// By the ending of its name; nil for kinds that are not read.
    static func file(_ path: String) -> TrainingFile? {
        let isCompressed = path.hasSuffix(".gz")
        let name = (isCompressed ? String(path.dropLast(3)) : path).lowercased()
        let kinds: [(String, TrainingScanner.Form)] = [
            (".txt", .text), (".text", .text), (".md", .text), (".jsonl", .json), (".ndjson", .json), (".json", .json),
        ]
        return kinds.first { name.hasSuffix($0.0) }.map { TrainingFile(path: path, form: $0.1, isCompressed: isCompressed) }
    }
}

/// Why training text is not read. The description is the sentence for the person who named the place.
package enum TrainingTextError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(String)
    case otherKind(String)
    case nothingToRead(String)
    case tooDeep(String)
    case unreadable(String, reason: String)

    package var description: String {
        let kinds = ".txt, .md, .jsonl, .ndjson or .json, also with .gz"
        return switch self {
        case .missing(let place): "There is no training text at \(place)."
        case .otherKind(let place): "\(place) is not of a kind that is read as training text: \(kinds). Write it out as one of them."
        case .nothingToRead(let place): "\(place) holds no training text that is read: files that end in \(kinds)."
        case .tooDeep(let folder): "\(folder) lies more than \(TrainingText.maximumDepth) folders deep; a link may lead back up."
        case .unreadable(let file, let reason): "Cannot read \(file): \(reason)."
        }
    }
}
