import FoundationEssentials
import SystemPackage
import Testing

@testable import Postgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Starts that must not happen: each ends in one sentence that says what to do, and changes nothing.
@Suite(.serialized) struct ClusterRefusalTests {
    @Test("a folder that the server's user cannot pass through is named", .enabled(if: geteuid() == 0))
    func unreachable() async throws {
        let scratch = try ClusterScratch()
        let closed = scratch.folder.appending("closed")
        try await scratch.shell("mkdir -m 0700 \(closed)")
        let lock = try StateFolderLock.acquire(closed.appending("state"))
        let error = try await scratch.refusal {
            $0.lock = lock
            $0.folderAdvice = "go elsewhere"
        }
        #expect(error?.kind == .unreachable(closed))
        #expect(
            error?.description
                == "\(closed) is not reachable for the user \"postgres\" (mode 0700), who runs the private database: go elsewhere.")
        #expect(FileFacts.of(closed.appending("state/postgres")) == nil)
    }

    @Test("a user that does not exist, or is root, is refused", .enabled(if: geteuid() == 0), arguments: ["no-such-user", "root"])
    func user(_ name: String) async throws {
        let error = try await ClusterScratch().refusal { $0.serverUser = name }
        #expect(error?.kind == .userMissing(name))
    }

    @Test("data of another major version are refused and left alone")
    func wrongVersion() async throws {
        let scratch = try await ClusterScratch.withCluster()
        try await scratch.shell("echo 9 >\(scratch.data)/PG_VERSION")
        let error = try await scratch.refusal()
        guard case .wrongVersion(data: 9, programs: let version) = error?.kind else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(version >= 15)
        #expect(error?.description.contains("was made by PostgreSQL 9") == true)
    }

    @Test("a folder that holds no cluster is refused")
    func notACluster() async throws {
        let scratch = try await ClusterScratch.withCluster()
        try await scratch.shell("rm \(scratch.data)/PG_VERSION")
        #expect(try await scratch.refusal()?.kind == .folderRefused(scratch.data))
    }

    @Test("a missing server is refused with the way to install it")
    func programsMissing() async throws {
        let scratch = try ClusterScratch()
        let error = try await scratch.refusal { $0.programs = scratch.folder }
        #expect(error?.kind == .programsMissing)
        #expect(error?.description.contains("apt-get install postgresql") == true)
    }

    @Test("a creation that fails says why and leaves nothing")
    func creationFails() async throws {
        let scratch = try ClusterScratch()
        let programs = scratch.folder.appending("bin")
        try await scratch.shell(
            """
            mkdir -m 0755 \(programs)
            printf '#!/bin/sh\\necho "postgres (PostgreSQL) 15.1"\\n' >\(programs)/postgres
            printf '#!/bin/sh\\nmkdir "$2"; echo "initdb: error: No space left on device"; exit 1\\n' >\(programs)/initdb
            chmod 0755 \(programs)/*
            """)
        let error = try await scratch.refusal { $0.programs = programs }
        #expect(error?.kind == .creationFailed)
        #expect(error?.description.contains("The disk is full") == true)
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.appending("postgres").string)
        #expect(left.sorted() == ["log", "socket"])
    }

    @Test("a server that cannot start says why, with the last lines of its log")
    func startFails() async throws {
        let scratch = try await ClusterScratch.withCluster()
        try await scratch.shell("echo 'no_such_setting = on' >>\(scratch.data)/postgresql.conf")
        let error = try await scratch.refusal()
        #expect(error?.kind == .startFailed)
        #expect(error?.description.contains("no_such_setting") == true)
    }

    @Test("a server that does not become ready in time is stopped")
    func late() async throws {
        let scratch = try await ClusterScratch.withCluster()
        let error = try await scratch.refusal {
            $0.startLimit = .zero
            $0.recoveryLimit = .zero
        }
        #expect(error?.kind == .startFailed)
        #expect(error?.description.contains("was not ready after") == true)
        #expect(try await scratch.run { try await $0.sql("SELECT 1") } == "1")
    }

    @Test("a full disk ends the server with a sentence that says so, and the data survive", .enabled(if: geteuid() == 0))
    func diskFull() async throws {
        let scratch = try ClusterScratch()
        do {
            try await scratch.shell("mount -t tmpfs -o size=160m,mode=0755 none \(scratch.folder)")
        } catch {
            return  // a container that may not mount cannot try this
        }
        do {
            try await scratch.run { try await $0.sql("CREATE TABLE kept AS SELECT 42 AS n") }
            let error = await #expect(throws: PrivateClusterError.self) {
                try await scratch.run { cluster in
                    // Room for a backend's own files, none for a segment of the log. The server itself heals a crash of backends alone.
                    try await scratch.shell("dd if=/dev/zero of=\(scratch.folder)/ballast bs=1M 2>/dev/null || true")
                    try await scratch.shell("truncate -s -6M \(scratch.folder)/ballast")
                    for _ in 1...50 {
                        _ = try? await cluster.sql(
                            "SELECT pg_logical_emit_message(true, 'x', repeat('x', 1 << 20)) FROM generate_series(1, 64)")
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
            }
            #expect(error?.kind == .ended)
            #expect(error?.description.contains("The disk is full") == true, "\(error?.description ?? "")")
            try await scratch.shell("rm \(scratch.folder)/ballast")
            #expect(try await scratch.run { try await $0.sql("SELECT n FROM kept") } == "42")
        } catch {
            try await scratch.shell("umount -l \(scratch.folder)")
            throw error
        }
        try await scratch.shell("umount -l \(scratch.folder)")
    }
}
