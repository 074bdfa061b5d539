import Postgres
import Synchronization
import Testing
import TrackAPI
import TrackClient
import TrackCore

extension DaemonTests {
    @Suite struct EpochTests {
        @Test(
            "every answer of the API tells the epoch, problems too; it is the one in the status",
            arguments: ["GET /v1/status", "GET /v1/lineages", "GET /v1/nowhere", "GET /v1/runs/7", "POST /v1/runs"])
        func header(_ route: String) async throws {
            let daemon = try Site.here.shared
            let epoch = try await daemon.with { client in try await client.status().epoch }
            #expect(try await RawHTTP.ask(daemon.folder.socket, route).headers["track-epoch"] == epoch.text)
            // Without a token, too.
            #expect(try await RawHTTP.ask(daemon.address, route).headers["track-epoch"] == epoch.text)
        }

        @Test("a restart keeps the epoch; a server that was promoted has another")
        func promotion() async throws {
            let daemon = try await Site.here.daemon("epoch")
            let first = try await daemon.with { client in try await client.status().epoch }
            try await daemon.stop()
            let again = try await RunningDaemon(daemon.folder)
            #expect(try await again.with { client in try await client.status().epoch } == first)
            try await again.stop()
            try await promote(daemon.folder)
            let promoted = try await RunningDaemon(daemon.folder)
            #expect(try await promoted.with { client in try await client.status().epoch } != first)
            try await promoted.stop()
        }

        @Test("the epoch is read again when a connection was begun since, and not for every answer")
        func watching() async throws {
            let connections = Mutex(1)
            let reads = Mutex(0)
            let watch = EpochWatch(connectionsMade: { connections.withLock { $0 } }) {
                Epoch("epoch \(reads.withLock { $0 += 1; return $0 })")
            }
            #expect(await watch.current() == Epoch("epoch 1"))
            #expect(await watch.current() == Epoch("epoch 1"))
            connections.withLock { $0 += 1 }
            #expect(await watch.current() == Epoch("epoch 2"))
            #expect(await watch.current() == Epoch("epoch 2"))
        }

        @Test("a connection that was begun while the epoch was read makes it unsure; one that cannot be read is not told")
        func unsure() async throws {
            let connections = Mutex(1)
            let reads = Mutex(0)
            struct Away: Error {}
            let watch = EpochWatch(connectionsMade: { connections.withLock { $0 } }) {
                let number = reads.withLock { $0 += 1; return $0 }
                if number == 1 { connections.withLock { $0 += 1 } }
                if number == 3 { throw Away() }
                return Epoch("epoch \(number)")
            }
            #expect(await watch.current() == Epoch("epoch 1"))
            #expect(await watch.current() == Epoch("epoch 2"))
            connections.withLock { $0 += 1 }
            #expect(await watch.current() == nil)
            #expect(await watch.current() == Epoch("epoch 4"))
        }

        @Test("a run whose rows were looked up in the history before is recorded at once, under the rows of the new one")
        func movedRows() async throws {
            let daemon = try await Site.here.daemon("epoch-rows")
            try await daemon.with { client in
                let evaluations = try await Evaluations("moved", client: client)
                for step: Int64 in [0, 10] { try await evaluations.add(step, client: client) }
                // The daemon keeps the rows that the second run of each finds.
                for step: Int64 in [0, 10, 0, 10] { #expect(try await client.record(evaluations.run(step)) == .accepted) }
                let digests = [0, 10].map { evaluations.description($0).digest }
                try await daemon.read { db in
                    _ = try db.execute("SELECT begin_epoch()")
                    // As in a restored database in which the checkpoints came in another order. No two may have one digest meanwhile.
                    try db.execute("UPDATE checkpoint SET digest = sha256(digest)")
                    for (old, new, name) in [(0, 1, "checkpoint-10"), (1, 0, "checkpoint-0")] {
                        try db.execute(
                            "UPDATE checkpoint SET digest = \(digests[new]), name = \(name) WHERE digest = sha256(\(digests[old])::bytea)")
                    }
                }
                let runs = ([0, 10, 0, 10] as [Int64]).map { evaluations.run($0) }
                for run in runs.prefix(2) { #expect(try await client.record(run) == .accepted) }
                try await daemon.read { db in _ = try db.execute("SELECT begin_epoch()") }
                var verdicts: [BulkVerdict?] = []
                try await client.recordRuns(runs.suffix(2).map { RecordRunRequest(run: $0, attempt: nil) }) { verdicts.append($0.verdict) }
                #expect(verdicts == [.accepted, .accepted])
                for (run, name) in zip(runs, ["checkpoint-0", "checkpoint-10", "checkpoint-0", "checkpoint-10"]) {
                    #expect(try await client.run(run.id).checkpoint == "moved/" + name)
                }
            }
            try await daemon.stop()
        }

        /// Makes the stopped daemon's server a standby and promotes it, as a failover does.
        private func promote(_ folder: StateFolder) async throws {
            let (data, address) = (folder.path + "/postgres/data", folder.path + "/postgres/socket")
            try await ForeignServer.promote(data, at: address)
            try await ForeignServer(data: data, address: address).stop()
        }
    }
}
