import FoundationEssentials
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// Whatever is said in a name, no file is made or read but where the daemon keeps its own.
    @Suite struct PathTests {
        static let hostile = [
            "..", "../../etc/passwd", "/etc/passwd", "..%2f..%2fetc", "a/../../b", "a\\..\\b", "a\0b", "%00", ".hidden", "-rf", "a b",
            "\u{202e}x",
            String(repeating: "x", count: 129), "file:///etc/passwd", "~root", "$(id)", "`id`", ";id",
        ]

        @Test("a name that could be more than a name is refused, wherever one is given", arguments: hostile)
        func refused(_ name: String) async throws {
            let daemon = try Site.here.shared
            func status(_ body: @escaping (DaemonClient) async throws -> Void) async throws -> Int? {
                try await daemon.refusal(body)?.status
            }
            let refusals: Set<Int?> = [422, 404]
            let upload = try await status {
                _ = try await $0.addRevision(of: name, Evaluations.head(seed: 1), documents: Evaluations.documents("p"))
            }
            #expect(refusals.contains(upload))
            let history = try await status { _ = try await $0.revisions(of: name) }
            #expect(refusals.contains(history))
            let page = try await status { _ = try await $0.scorecard(lineage: name, week: name, form: .html) }
            #expect(refusals.contains(page))
            for (lineage, checkpoint) in [(name, "ok"), ("ok", name)] {
                let description = CheckpointDescription(name: checkpoint, uri: "file:///m", digest: Digest(ofText: name))
                let added = try await status {
                    _ = try await $0.addCheckpoint(
                        AddCheckpointRequest(lineage: lineage, checkpoint: description, inDomain: [], domainSet: nil, evaluate: false))
                }
                #expect(refusals.contains(added), "\(lineage) \(checkpoint)")
            }
            let uploads = try FileManager.default.contentsOfDirectory(atPath: daemon.folder.path + "/uploads")
            // Other tests upload at the same time.
            #expect(uploads.allSatisfy { $0.wholeMatch(of: /upload-[0-9A-F-]{36}/) != nil }, "\(uploads)")
        }
    }
}
