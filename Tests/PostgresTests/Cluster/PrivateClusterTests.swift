import FoundationEssentials
import SystemPackage
import Testing

@testable import Postgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite(.serialized) struct PrivateClusterTests {
    @Test("a fresh start makes a private, durable cluster and ends it with its scope")
    func freshStart() async throws {
        let scratch = try ClusterScratch()
        let cluster = try await scratch.run { cluster async throws in
            #expect(try await cluster.sql("SHOW fsync") == "on")
            #expect(try await cluster.sql("SHOW full_page_writes") == "on")
            #expect(try await cluster.sql("SHOW synchronous_commit") == "on")
            #expect(try await cluster.sql("SHOW data_checksums") == "on")
            #expect(try await cluster.sql("SHOW listen_addresses") == "")
            #expect(try await cluster.sql("SHOW server_encoding") == "UTF8")
            #expect(try await cluster.sql("SELECT current_user || current_database()") == "tracktrack")
            #expect(try await cluster.sql("SELECT DISTINCT type FROM pg_hba_file_rules") == "local")
            #expect(FileFacts.of(FilePath(cluster.socketFolder))?.permissions == 0o700)
            #expect(FileFacts.of(scratch.data)?.permissions == 0o700)
            let owner = Family.owner(of: cluster.pid)
            #expect(owner != 0 && owner == FileFacts.of(scratch.data)?.owner)
            #expect(getsid(cluster.pid) != getsid(0))
            return cluster
        }
        #expect(!ServerProcess.isPostmaster(cluster.pid, of: scratch.data))
        #expect(PostmasterFile(inDataFolder: scratch.data) == nil)
    }

    @Test("data stay from start to start, and an error of the body comes through")
    func secondStart() async throws {
        struct Expected: Error {}
        let scratch = try await ClusterScratch.withCluster()
        await #expect(throws: Expected.self) {
            try await scratch.run { cluster async throws in
                try await cluster.sql("CREATE TABLE kept AS SELECT 42 AS n")
                throw Expected()
            }
        }
        #expect(try await scratch.run { try await $0.sql("SELECT n FROM kept") } == "42")
    }

    @Test("a server that is killed is noticed: the body is cancelled, the reason told, the data kept")
    func serverKilled() async throws {
        let scratch = try await ClusterScratch.withCluster()
        let error = await #expect(throws: PrivateClusterError.self) {
            try await scratch.run { cluster async throws in
                try await cluster.sql("CREATE TABLE kept AS SELECT 42 AS n")
                kill(cluster.pid, SIGKILL)
                try await Task.sleep(for: .seconds(600))
            }
        }
        #expect(error?.kind == .ended)
        #expect(error?.description.contains("was ended by signal 9") == true)
        #expect(try await scratch.run { try await $0.sql("SELECT n FROM kept") } == "42")
    }

    @Test("a guard that is killed takes the server with it, and is named")
    func guardKilled() async throws {
        let scratch = try await ClusterScratch.withCluster()
        let error = await #expect(throws: PrivateClusterError.self) {
            try await scratch.run { cluster async throws in
                kill(Family.guardian(of: cluster.pid), SIGKILL)
                try await Task.sleep(for: .seconds(600))
            }
        }
        #expect(error?.kind == .ended)
        #expect(error?.description.contains("guards the server was killed") == true)
        #expect(PostmasterFile(inDataFolder: scratch.data) == nil, "the shutdown was clean")
    }

    @Test("cancelling the caller cancels the body first and stops the server after it")
    func cancelled() async throws {
        let scratch = try await ClusterScratch.withCluster()
        let (started, continuation) = AsyncStream<Int32>.makeStream()
        let task = Task {
            try await scratch.run { cluster async throws in
                continuation.yield(cluster.pid)
                do { try await Task.sleep(for: .seconds(600)) } catch {}
                return await Task { try? await cluster.sql("SELECT 1") }.value
            }
        }
        var iterator = started.makeAsyncIterator()
        let pid = try #require(await iterator.next())
        task.cancel()
        #expect(try await task.value == "1")
        #expect(!ServerProcess.isPostmaster(pid, of: scratch.data))
    }

    @Test("a state folder with a long path gets its socket in a short folder")
    func longPath() async throws {
        let scratch = try await ClusterScratch.withCluster("-" + String(repeating: "long", count: 25))
        let folder = try await scratch.run { cluster async throws in
            #expect(try await cluster.sql("SELECT 1") == "1")
            return FilePath(cluster.socketFolder)
        }
        #expect(!folder.starts(with: scratch.folder))
        #expect(FileFacts.of(folder)?.permissions == 0o700)
        try FileManager.default.removeItem(atPath: folder.string)
    }

    @Test("what an interrupted creation left is removed")
    func leftovers() async throws {
        let scratch = try await ClusterScratch.withCluster()
        let stale = scratch.folder.appending("postgres/data.new-1")
        try await scratch.shell("mkdir \(stale); touch \(stale)/PG_VERSION; chown -R --reference=\(scratch.data) \(stale)")
        try await scratch.run { _ in }
        #expect(FileFacts.of(stale) == nil)
    }
}
