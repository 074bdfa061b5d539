import FoundationEssentials
import Glibc
import Testing
import TrackCore

/// A folder of a test's own with held-out text and a checkpoint, in which evaluators may write: under root they run as somebody else.
struct EvaluatedFolder {
    let path: String
    let domains: Int

    init(_ name: String, domains: Int) throws {
        path = try Site.here.root + "/" + name
        self.domains = domains
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        chmod(path, 0o777)
        for domain in 0..<domains {
            let lines = (0..<3).map { #"{"text": "document \#($0) of domain \#(domain), the licence of a copy"}"# }
            try write("text/source/domain-\(domain).jsonl", lines.joined(separator: "\n"))
        }
    }

    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>, mode: mode_t = 0o644) throws -> String {
        let file = path + "/" + name
        let folder = file.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: file))
        chmod(file, mode)
        return file
    }

    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String { try write(name, text.utf8, mode: mode) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    /// What its evaluator was asked: the domains of each request.
    func asked() throws -> [[Int]] {
        let text = String(decoding: try Data(contentsOf: URL(filePath: path + "/asked")), as: UTF8.self)
        return text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
    }

    /// Weights of one number, for an evaluator that does not look at them.
    func writeCheckpoint(_ name: String) throws {
        let header = #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        try write(name + "/model.safetensors", [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [1, 2, 3, 4])
        try write(name + "/config.json", "{}")
    }

    /// Makes a set of its text and a lineage of its checkpoint, both of this name, by the command line.
    func register(_ name: String, checkpoint: String, on state: StateFolder) async throws {
        let set = try await Tool.run("track", "domains", "add", name, "--from", path + "/text", on: state)
        #expect(set.status == 0, "\(set.errors)")
        let added = try await Tool.run(
            "track", "add", path + "/" + checkpoint, "--lineage", name, "--domain-set", name, "--no-evaluate", on: state)
        #expect(added.status == 0, "\(added.errors)")
    }
}
