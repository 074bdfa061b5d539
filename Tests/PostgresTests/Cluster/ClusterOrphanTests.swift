import FoundationEssentials
import Logging
import SystemPackage
import Testing

@testable import Postgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The process that owns a cluster dies by SIGKILL: each test's closure runs in a process of its own, which kills itself.
@Suite(.serialized) struct ClusterOrphanTests {
    private func postmaster(_ scratch: ClusterScratch) throws -> Int32 {
        let text = try String(contentsOf: URL(filePath: scratch.folder.appending("pid").string), encoding: .utf8)
        return try #require(Int32(text))
    }

    @Test("no server is left after kill -9 of its owner, and it went down cleanly")
    func ownerKilled() async throws {
        let scratch = try await ClusterScratch.withCluster()
        let folder = scratch.folder.string
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            try await OrphanMaker(folder: folder).run { cluster in
                try await cluster.sql("CREATE TABLE kept AS SELECT 42 AS n")
            }
        }
        let pid = try postmaster(scratch)
        #expect(await eventually { !ServerProcess.isPostmaster(pid, of: scratch.data) })
        #expect(await eventually { PostmasterFile(inDataFolder: scratch.data) == nil }, "the shutdown was clean")
        #expect(try await scratch.run { try await $0.sql("SELECT n FROM kept") } == "42")
    }

    @Test("no server is left when the guard is killed first and then its owner")
    func guardAndOwnerKilled() async throws {
        let scratch = try await ClusterScratch.withCluster()
        let folder = scratch.folder.string
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            try await OrphanMaker(folder: folder).run { cluster in
                kill(Family.guardian(of: cluster.pid), SIGKILL)
            }
        }
        let pid = try postmaster(scratch)
        #expect(await eventually { !ServerProcess.isPostmaster(pid, of: scratch.data) })
    }

    @Test("when owner and guard are all killed, the next start ends the survivor and keeps its data")
    func survivor() async throws {
        let scratch = try await ClusterScratch.withCluster()
        let folder = scratch.folder.string
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            try await OrphanMaker(folder: folder).run { cluster in
                try await cluster.sql("CREATE TABLE kept AS SELECT 42 AS n")
                let guardian = Family.guardian(of: cluster.pid)
                for pid in [guardian] + Family.children(of: guardian) where pid != cluster.pid { kill(pid, SIGSTOP) }
                for pid in Family.children(of: guardian) where pid != cluster.pid { kill(pid, SIGKILL) }
                kill(guardian, SIGKILL)
            }
        }
        let old = try postmaster(scratch)
        #expect(ServerProcess.isPostmaster(old, of: scratch.data), "the test needs a survivor")
        try await scratch.run { cluster async throws in
            #expect(cluster.pid != old)
            #expect(!ServerProcess.isPostmaster(old, of: scratch.data))
            #expect(try await cluster.sql("SELECT n FROM kept") == "42")
        }
    }

    @Test("an owner that is killed during the creation leaves nothing that the next start stumbles over")
    func killedDuringCreation() async throws {
        let scratch = try ClusterScratch()
        let folder = scratch.folder.string
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            let maker = OrphanMaker(folder: folder)
            let task = Task { try await maker.run { _ in } }
            let base = folder + "/postgres"
            _ = await eventually {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
                return names.contains { $0.hasPrefix("data.new-") }
            }
            kill(getpid(), SIGKILL)
            try await task.value
        }
        #expect(FileFacts.of(scratch.data) == nil, "the test needs an unfinished creation")
        #expect(try await scratch.run { try await $0.sql("SELECT 1") } == "1")
        #expect(
            await eventually {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: scratch.folder.appending("postgres").string)) ?? []
                return names.sorted() == ["data", "log", "socket"]
            })
    }
}

/// Starts a cluster, does something with it, and dies without a farewell.
struct OrphanMaker: Sendable {
    var folder: String

    func run(_ deed: @escaping @Sendable (PrivateCluster) async throws -> Void) async throws {
        let lock = try StateFolderLock.acquire(FilePath(folder))
        let folder = folder
        try await PrivateCluster.withRunning(.init(lock: lock, logger: .init(label: "orphan"))) { cluster in
            try Data("\(cluster.pid)".utf8).write(to: URL(filePath: folder + "/pid"))
            try await deed(cluster)
            kill(getpid(), SIGKILL)
        }
    }
}
