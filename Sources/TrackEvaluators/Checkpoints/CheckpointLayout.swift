import FoundationEssentials
import Glibc
import TrackCore

/// Which files of a folder make the checkpoint, found and checked without reading the weights.
struct CheckpointLayout {
    /// Absolute, without links.
    let folder: String
    let configuration: ModelConfiguration
    /// Names of the files that the content digest is over, in the order of their bytes.
    let contentFiles: [String]
    let parameters: Int64
    /// Bytes of the files with weights.
    let weightBytes: Int64

    /// Of config.json, an index and the trainer's state, in bytes.
    static let maximumJSONSize: Int64 = 256 << 20

    static func read(path: String) throws -> CheckpointLayout {
        let folder = try resolve(path)
        let names: Set<String>
        do {
            names = Set(try FileManager.default.contentsOfDirectory(atPath: folder))
        } catch {
            throw CheckpointFolderError.unreadable(file: folder, reason: "its entries cannot be listed; check its permissions")
        }
        guard names.contains("config.json") else {
            if names.contains("adapter_config.json") { throw CheckpointFolderError.adapterOnly(folder: folder) }
            throw CheckpointFolderError.notACheckpoint(folder: folder, reason: "it has no config.json")
        }
        let configuration: ModelConfiguration = try json(folder + "/config.json")
        let weights = try weightFiles(folder, names: names)
        var parameters: Int64 = 0
        var bytes: Int64 = 0
        for file in weights.files {
            let header = try header(folder + "/" + file)
            if let wanted = weights.tensors[file], let lacking = wanted.subtracting(header.tensors.map(\.name)).min() {
                throw CheckpointFolderError.damaged(
                    file: folder + "/" + file, reason: "it lacks tensor \(lacking), which the index places there")
            }
            parameters &+= header.parameters
            bytes &+= header.fileSize
        }
        let tokenizer = TokenizerFingerprint.fileNames.filter(names.contains)
        let content = weights.files + weights.index + ["config.json"] + tokenizer
        return CheckpointLayout(
            folder: folder, configuration: configuration,
            contentFiles: content.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, parameters: parameters, weightBytes: bytes)
    }

    /// The digests of the files of the content.
    func digests(progress: (CheckpointReadProgress) throws -> Void) throws -> [CheckpointFile] {
        let total = try contentFiles.reduce(Int64(0)) { $0 + (try stamp($1)).size }
        var done: Int64 = 0
        return try contentFiles.map { name in
            var stream = DigestStream()
            let stamp = try reporting(name) {
                try FileReader.read(folder + "/" + name) { piece in
                    stream.update(pointer: piece)
                    done += Int64(piece.count)
                    try progress(CheckpointReadProgress(bytesDone: done, bytes: max(total, done)))
                }
            }
            return CheckpointFile(name: name, digest: stream.finish(), stamp: stamp)
        }
    }

    /// The trainer's state where there is one; one that cannot be read is a note, because the weights do not depend on it.
    func trainerState() throws -> (state: TrainerState?, notes: [String]) {
        let path = folder + "/trainer_state.json"
        guard FileManager.default.fileExists(atPath: path) else { return (nil, []) }
        do {
            let state: TrainerState = try Self.json(path)
            return (state, [])
        } catch {
            return (nil, ["trainer_state.json cannot be read, so the step is taken from the folder's name."])
        }
    }

    /// A file's bytes, nil when it is not there.
    func contents(_ name: String, limit: Int64) throws -> Data? {
        guard contentFiles.contains(name) else { return nil }
        return try reporting(name) { try FileReader.contents(of: folder + "/" + name, limit: limit) }
    }

    func stamp(_ name: String) throws -> FileStamp {
        try reporting(name) { try FileReader.stamp(of: folder + "/" + name) }
    }

    private func reporting<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
        try CheckpointFolderError.reporting(folder + "/" + name, body)
    }

    private static func resolve(_ path: String) throws -> String {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), let resolved = realpath(path, nil) else {
            throw CheckpointFolderError.missing(folder: path)
        }
        defer { free(resolved) }
        guard isFolder else { throw CheckpointFolderError.notAFolder(path: path) }
        return String(cString: resolved)
    }

    /// The files with weights, the index when there are shards, and by file the tensors that the index places there.
    private static func weightFiles(
        _ folder: String, names: Set<String>
    ) throws -> (files: [String], index: [String], tensors: [String: Set<String>]) {
        let single = "model.safetensors"
        let index = "model.safetensors.index.json"
        if names.contains(single) { return ([single], [], [:]) }
        guard names.contains(index) else {
            if let pickle = names.filter({ $0.hasSuffix(".bin") || $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }).sorted()
                .first(where: { $0.hasPrefix("pytorch_model") || $0.hasPrefix("model") || $0.hasPrefix("consolidated") })
            {
                throw CheckpointFolderError.picklesOnly(file: folder + "/" + pickle)
            }
            throw CheckpointFolderError.notACheckpoint(folder: folder, reason: "it has no \(single)")
        }
        let table: ShardIndex = try json(folder + "/" + index)
        if let name = table.namedOutside {
            throw CheckpointFolderError.damaged(
                file: folder + "/" + index, reason: "it names a file outside the folder, \(name.debugDescription)")
        }
        guard !table.shards.isEmpty else { throw CheckpointFolderError.damaged(file: folder + "/" + index, reason: "it names no shards") }
        if let missing = table.shards.first(where: { !names.contains($0) }) {
            throw CheckpointFolderError.shardMissing(file: folder + "/" + missing, index: index)
        }
        var tensors: [String: Set<String>] = [:]
        for (tensor, shard) in table.shardOfTensor { tensors[shard, default: []].insert(tensor) }
        return (table.shards, [index], tensors)
    }

    private static func header(_ file: String) throws -> SafetensorsHeader {
        do {
            return try CheckpointFolderError.reporting(file) { try SafetensorsHeader.read(file) }
        } catch let fault as SafetensorsHeader.Fault {
            switch fault {
            case .halfWritten(let size, let expected): throw CheckpointFolderError.halfWritten(file: file, size: size, expected: expected)
            case .damaged(let reason): throw CheckpointFolderError.damaged(file: file, reason: reason)
            }
        }
    }

    private static func json<Value: Decodable>(_ file: String) throws -> Value {
        let data = try CheckpointFolderError.reporting(file) { try FileReader.contents(of: file, limit: maximumJSONSize) }
        do {
            return try PythonJSON.decode(Value.self, from: data)
        } catch {
            throw CheckpointFolderError.damaged(file: file, reason: "it is not readable JSON of its kind")
        }
    }
}

extension CheckpointFolderError {
    /// Runs a body that reads one file, and names that file in what goes wrong.
    static func reporting<Value>(_ file: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as FileReadError {
            switch error {
            case .unreadable(let reason): throw CheckpointFolderError.unreadable(file: file, reason: reason)
            case .tooLarge(let limit): throw CheckpointFolderError.damaged(file: file, reason: "it has more than \(limit) bytes")
            case .changing: throw CheckpointFolderError.changing(file: file)
            }
        }
    }
}

extension String {
    /// What stands after the last `/` of a path.
    var lastComponent: String { String(split(separator: "/").last ?? "") }

    /// The path without its last component; `/` for what lies at the root.
    var parent: String {
        let parts = split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }
}
