import Foundation
import Glibc
import Postgres
import SystemPackage
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// How a bulk request meets a database that goes away, and a client that waits.
    @Suite struct BulkOutageTests {
        @Test("where the database goes away the last line says so; nothing of that batch is there, nothing behind it is written")
        func outage() async throws {
            let daemon = try await Site.here.daemon("bulk-outage")
            try await daemon.with { client in
                let requests = try await requests(600, "bulk-outage", client)
                async let answers = answers(to: requests, client)
                // The first batch waits for the table; its session ends there.
                try await daemon.read { db in
                    try db.execute("LOCK TABLE evaluation_run")
                    while try db.execute(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT e.id::text%LEFT JOIN evaluation_run%'
                        """) == 0
                    {
                        try db.execute("SELECT pg_sleep(0.01), pg_stat_clear_snapshot()")
                    }
                }
                let lines = try await answers
                #expect(lines.count == 1)
                #expect(lines.last?.line == nil && lines.last?.problem?.status == 503)
                #expect(lines.last?.problem?.detail.contains("nothing was recorded") == true)
                #expect(try await count(daemon) == 1)
                // Nothing is lost by sending all of it again.
                let again = try await self.answers(to: requests, client)
                #expect(again.map(\.line) == (1...600).map { $0 })
                #expect(again.allSatisfy { $0.verdict == .accepted })
            }
            try await daemon.stop()
        }

        @Test("a batch whose COMMIT has no answer is not acknowledged; sent again, its runs are duplicates")
        func commitInDoubt() async throws {
            let daemon = try await Site.here.daemon("bulk-doubt")
            try await daemon.with { client in
                let requests = try await requests(1500, "bulk-doubt", client)
                // Every COMMIT is on the disk and then waits for a standby that does not exist: just the moment to lose its session.
                try await standby("nobody", of: daemon)
                let lines = try await withThrowingTaskGroup(of: [BulkAnswer]?.self) { group in
                    group.addTask { try await answers(to: requests, client) }
                    group.addTask {
                        while !Task.isCancelled {
                            try await daemon.read { db in
                                _ = try db.execute(
                                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                            }
                        }
                        return nil
                    }
                    defer { group.cancelAll() }
                    return try await group.next() ?? nil
                }
                try await standby("", of: daemon)
                let last = try #require(lines?.last)
                #expect(last.line == nil && last.problem?.status == 503)
                #expect(last.problem?.detail.contains("Send the same again") == true)
                let acknowledged = lines?.dropLast().count ?? 0
                #expect(lines?.dropLast().allSatisfy { $0.verdict == .accepted } == true)
                // The batch in doubt was committed, and the one behind it was not begun.
                let committed = try await count(daemon) - 1
                #expect(committed == acknowledged + 256)
                let again = try await answers(to: requests, client)
                #expect(again.map(\.line) == (1...1500).map { $0 })
                #expect(again.prefix(committed).allSatisfy { $0.verdict == .duplicate })
                #expect(again.dropFirst(committed).allSatisfy { $0.verdict == .accepted })
                #expect(try await count(daemon) == 1501)
            }
            try await daemon.stop()
        }

        @Test("a client that sends a batch and waits gets its verdicts; while a batch waits for the database the next one is read")
        func overlap() async throws {
            let daemon = try await Site.here.daemon("bulk-overlap")
            // Ten times what the sockets and the listener hold between them.
            let batches = try await daemon.with { client in
                try await requests(512, "bulk-overlap", client, note: String(repeating: "x", count: 10_000))
            }.map { try WireCoding.encode($0) + Data("\n".utf8) }
            let descriptor = try RawHTTP.connect(daemon.folder.socket)
            defer { try? descriptor.close() }
            var patience = timeval(tv_sec: 60, tv_usec: 0)
            setsockopt(descriptor.rawValue, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            let head = "POST /v1/runs/bulk HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n"
            try descriptor.writeAll(Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8))

            try descriptor.writeAll(chunk(batches[..<256]))
            let first = try read(on: descriptor) { verdicts(in: $0) == 256 }
            #expect(verdicts(in: first) == 256)

            try await daemon.read { db in
                try db.execute("LOCK TABLE evaluation_run")
                try descriptor.writeAll(chunk(batches[256...]))
                try descriptor.writeAll(chunk(batches[..<250]))
            }
            try descriptor.writeAll(Array("0\r\n\r\n".utf8))
            let rest = try read(on: descriptor) { _ in false }
            #expect(verdicts(in: rest) == 256 + 250)
            #expect(rest.components(separatedBy: "\"duplicate\"").count == 251)
            #expect(try await count(daemon) == 513)
            try await daemon.stop()
        }

        // MARK: Steps

        /// Runs that can be recorded at once: what they refer to is written by a first one.
        private func requests(
            _ count: Int, _ lineage: String, _ client: DaemonClient, note: String? = nil
        ) async throws -> [RecordRunRequest] {
            let evaluations = try await Evaluations(lineage, client: client)
            try await evaluations.add(0, client: client)
            #expect(try await client.record(evaluations.run(0)) == .accepted)
            return (0..<count).map { _ in
                var run = evaluations.run(0)
                if let note { run.environment["note"] = note }
                return RecordRunRequest(run: run, attempt: nil)
            }
        }

        private func answers(to requests: [RecordRunRequest], _ client: DaemonClient) async throws -> [BulkAnswer] {
            var answers: [BulkAnswer] = []
            try await client.recordRuns(requests) { answers.append($0) }
            return answers
        }

        private func count(_ daemon: RunningDaemon) async throws -> Int {
            try await daemon.read { db in try db.one("SELECT count(*) FROM evaluation_run", as: Int.self) }
        }

        private func standby(_ name: String, of daemon: RunningDaemon) async throws {
            let file = try FileDescriptor.open(
                FilePath(daemon.folder.path + "/postgres/data/postgresql.auto.conf"), .writeOnly, options: [.append])
            try file.closeAfter { _ = try file.writeAll(Array("synchronous_standby_names = '\(name)'\n".utf8)) }
            try await daemon.read { db in _ = try db.execute("SELECT pg_reload_conf()") }
        }

        private func chunk(_ lines: ArraySlice<Data>) -> [UInt8] {
            let text = lines.reduce(into: Data()) { $0 += $1 }
            return Array(String(text.count, radix: 16).utf8) + Array("\r\n".utf8) + Array(text) + Array("\r\n".utf8)
        }

        /// What arrives until it is enough, or all of it.
        private func read(on descriptor: FileDescriptor, until isEnough: (String) -> Bool) throws -> String {
            var text = ""
            var chunk = [UInt8](repeating: 0, count: 1 << 20)
            while !isEnough(text) {
                let count = try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                if count == 0 { return text }
                text += String(decoding: chunk[..<count], as: UTF8.self)
            }
            return text
        }

        private func verdicts(in text: String) -> Int { text.components(separatedBy: "\"verdict\"").count - 1 }
    }
}
