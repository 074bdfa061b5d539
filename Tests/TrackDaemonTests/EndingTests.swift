import FoundationEssentials
import Glibc
import Postgres
import Testing
import TrackClient
import TrackCore
import TrackStore

extension DaemonTests {
    /// What becomes of a daemon that is killed.
    @Suite struct EndingTests {
        @Test("what was answered is there after kill -9; no server stays behind, and the same folder starts again")
        func kill() async throws {
            let first = try await Site.here.daemon("kill")
            let run = try await first.with { client in
                let evaluations = try await Evaluations("kill", client: client)
                try await evaluations.add(0, client: client)
                let run = evaluations.run(0)
                #expect(try await client.record(run) == .accepted)
                first.program.send(SIGKILL)
                return run
            }
            let server = first.server
            _ = try await first.program.ended()
            if let server {
                let gone = try await eventually { Program.isAlive(server) ? nil : true }
                #expect(gone == true, "the server \(server) outlives its daemon")
            }
            let second = try await RunningDaemon(first.folder)
            try await second.with { client async throws in
                #expect(try await client.run(run.id).digest == run.digest)
                #expect(try await client.record(run) == .duplicate)
            }
            #expect(try await second.stop() == 0)
            #expect(second.server == nil)
        }

        @Test("of fifty runs that a patient client records while the daemon is killed and started again, each is recorded exactly once")
        func storm() async throws {
            let first = try await Site.here.daemon("storm")
            let folder = first.folder
            let runs = try await first.with { client in
                let evaluations = try await Evaluations("storm", client: client)
                try await evaluations.add(0, client: client)
                return (0..<50).map { evaluations.run(0, at: Timestamp(milliseconds: 1_795_000_000_000 + $0)) }
            }
            let (acknowledged, progress) = AsyncStream.makeStream(of: Void.self)
            let last = try await withThrowingTaskGroup(of: RunningDaemon?.self) { group in
                for lane in 0..<4 {
                    group.addTask {
                        try await first.with(tries: 200) { client async throws in
                            for run in runs.enumerated().filter({ $0.offset % 4 == lane }).map(\.element) {
                                #expect(try await client.record(run) != .fenced)
                                progress.yield()
                            }
                        }
                        return nil
                    }
                }
                group.addTask {
                    var daemon = first
                    var count = 0
                    for await _ in acknowledged {
                        count += 1
                        if count == 8 || count == 25 {
                            try await daemon.kill()
                            daemon = try await RunningDaemon(folder)
                        }
                        if count == runs.count { break }
                    }
                    return daemon
                }
                return try await group.reduce(nil) { $0 ?? $1 }
            }
            let daemon = try #require(last)
            let digests = try await daemon.read { db in try db.rows("SELECT digest FROM evaluation_run ORDER BY id", as: Digest.self) }
            #expect(digests == runs.sorted { $0.id < $1.id }.map(\.digest))
            let arrays = try await daemon.read { db in try db.one("SELECT count(*) FROM run_documents", as: Int.self) }
            #expect(arrays == runs.count)
            try await daemon.stop()
        }
    }

    /// What stops a start: one sentence, the status of a configuration fault, and nothing changed.
    @Suite struct RefusalTests {
        private func refusal(_ folder: StateFolder, _ arguments: [String] = [], environment: [String: String] = [:]) async throws
            -> String
        {
            let program = try RunningDaemon.start(folder, arguments, environment: environment)
            let status = try await program.ended()
            if Program.isAlive(program.pid), status == nil { program.send(SIGKILL) }
            #expect(status == 78, "\(program.errors)")
            let sentences = program.errors.split(separator: "\n").filter { !$0.hasPrefix("{") }
            #expect(sentences.first?.hasPrefix("trackd: ") == true)
            return sentences.joined(separator: "\n")
        }

        @Test("a second daemon on one folder is refused, and the first goes on")
        func secondDaemon() async throws {
            let daemon = try Site.here.shared
            let sentence = try await refusal(daemon.folder)
            #expect(sentence.contains(daemon.folder.path) && sentence.contains("\(daemon.program.pid)"), "\(sentence)")
            try await daemon.with { client in try await client.health() }
        }

        @Test("a port that somebody has is named, with how to choose another")
        func port() async throws {
            let site = try Site.here
            let port = try #require(site.shared.address.split(separator: ":").last)
            let sentence = try await refusal(try site.folder("port"), ["--http-port", String(port)])
            #expect(sentence.contains("Port \(port) of 127.0.0.1 is in use") && sentence.contains("--http-port"))
        }

        @Test("a folder that a newer version wrote is left alone")
        func newerVersion() async throws {
            let daemon = try await Site.here.daemon("newer")
            _ = try await daemon.read { db in
                try db.execute(
                    """
                    INSERT INTO schema_migration
                    SELECT (jsonb_populate_record(m, jsonb_build_object('version', 9999))).* FROM schema_migration m LIMIT 1
                    """)
            }
            try await daemon.stop()
            let sentence = try await refusal(daemon.folder)
            #expect(sentence.contains("newer"), "\(sentence)")
            #expect(daemon.server == nil)
        }

        @Test("a database that can lose what it confirmed is refused")
        func unsafeDatabase() async throws {
            let folder = try Site.here.folder("unsafe")
            let data = folder.path + "/postgres/data"
            let socket = folder.path + "/postgres/socket"
            let programs = try #require(
                try FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql").map { "/usr/lib/postgresql/\($0)/bin" }
                    .first { FileManager.default.fileExists(atPath: $0 + "/postgres") })
            let options = "-c fsync=off -c listen_addresses= -c unix_socket_directories=\(socket)"
            let asOwner =
                geteuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : ["/usr/bin/env"]
            let start = asOwner + ["\(programs)/pg_ctl", "start", "-w", "-D", data, "-o", options, "-l", folder.path + "/postgres/log"]
            let started = try Program(
                start[0], Array(start.dropFirst()), environment: ["PATH": "/usr/bin:/bin"], log: folder.path + ".pg.log")
            #expect(try await started.ended() == 0, "\(started.errors)")
            let url = "postgresql:///track?host=\(socket)&user=track"
            let other = StateFolder(path: folder.path + "-daemon")
            let sentence = try await refusal(other, environment: ["TRACK_DATABASE_URL": url])
            #expect(sentence.contains("fsync") && sentence.contains("--unsafe-database"), "\(sentence)")
            let stop = asOwner + ["\(programs)/pg_ctl", "stop", "-m", "immediate", "-D", data]
            let stopped = try Program(
                stop[0], Array(stop.dropFirst()), environment: ["PATH": "/usr/bin:/bin"], log: folder.path + ".pg.log")
            #expect(try await stopped.ended() == 0)
        }
    }
}
