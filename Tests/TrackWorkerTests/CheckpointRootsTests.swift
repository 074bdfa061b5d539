import FoundationEssentials
import Testing
import TrackCore

@testable import TrackWorker

@Suite struct CheckpointRootsTests {
    @Test(
        "below its roots alone a worker reads checkpoints, after following every link",
        arguments: [
            ([""], nil), (["/none", "/run"], nil), (["/run/checkpoint-5/"], nil), ([], nil), (["/other"], "/run/checkpoint-5 is outside"),
            (["/ru"], "/run/checkpoint-5 is outside"), (["/run/link"], nil),
        ] as [([String], String?)])
    func roots(_ folders: [String], _ refusal: String?) async throws {
        let bench = try WorkerBench()
        for name in ["/other", "/ru"] {
            try FileManager.default.createDirectory(atPath: bench.path + name, withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(atPath: bench.path + "/run/link", withDestinationPath: bench.path + "/run")
        try await check(bench, CheckpointRoots(folders.map { bench.path + $0 }), refusal)
    }

    @Test("a link is no way out of a worker's roots, neither as the folder nor as one of its files", arguments: [true, false])
    func links(isFolder: Bool) async throws {
        let bench = try WorkerBench()
        let elsewhere = bench.path + "/elsewhere"
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        let moved = isFolder ? "/checkpoint-5" : "/config.json"
        let link = bench.path + (isFolder ? "/run/checkpoint-5" : "/run/checkpoint-5/config.json")
        try FileManager.default.moveItem(atPath: link, toPath: elsewhere + moved)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: elsewhere + moved)
        try await check(bench, .any, nil)
        try await check(bench, CheckpointRoots([bench.path + "/run"]), "/elsewhere\(moved), is outside")
    }

    @Test("a root must be an absolute path")
    func relativeRoot() {
        let fault = #expect(throws: CheckpointRoots.Fault.self) { try CheckpointRoots(["/models", "models"]) }
        #expect(fault?.description.contains("\"models\"") == true)
    }

    private func check(_ bench: WorkerBench, _ roots: CheckpointRoots, _ refusal: String?) async throws {
        let verifier = CheckpointVerifier(roots: roots)
        do {
            let path = try await verifier.folder(of: bench.checkpoint)
            #expect(refusal == nil && path.hasSuffix("/checkpoint-5"), "\(path) is allowed")
        } catch {
            let failure = AttemptFailure(error)
            #expect(refusal.map { failure.detail.contains($0) } == true, "\(failure.detail)")
            #expect(!failure.retry)
        }
    }
}
