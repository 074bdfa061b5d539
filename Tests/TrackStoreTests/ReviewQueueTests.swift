import Dispatch
import Postgres
import Testing
import TrackCore
import TrackStore

@Suite struct ReviewQueueTests {
    private func due(_ house: House) async throws -> [ReviewQueue.Due] { try await house.write { db in try ReviewQueue.due(in: db) } }

    @Test("news that come while a lineage is judged stay on the list")
    func meanwhile() async throws {
        try await House.open { house async throws in
            for _ in 0..<3 { try await house.write { db in try ReviewQueue.enqueue(lineage: house.lineage, in: db) } }
            let judged = try #require(try await due(house).first)
            try await house.write { db in try ReviewQueue.enqueue(lineage: house.lineage, in: db) }
            try await house.write { db in try ReviewQueue.finish(judged, in: db) }
            let left = try await due(house)
            #expect(left.map(\.lineage) == [house.lineage])
            try await house.write { db in try ReviewQueue.finish(left[0], in: db) }
            #expect(try await due(house).isEmpty)
        }
    }

    @Test("a transaction that was open while others were judged has its news kept, and nobody waits for it")
    func open() async throws {
        try await House.open { house async throws in
            let (isWritten, mayCommit) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            async let slow: Void = house.write { db in
                try ReviewQueue.enqueue(lineage: house.lineage, in: db)
                isWritten.signal()
                mayCommit.wait()
            }
            // On a thread of its own, so that none of the pool's waits.
            await withCheckedContinuation { continuation in
                DispatchQueue(label: "test").async {
                    isWritten.wait()
                    continuation.resume()
                }
            }
            // Behind a row that the open transaction has changed this would end with the lock timeout.
            let result = await Result { try await house.write { db in try ReviewQueue.enqueue(lineage: house.lineage, in: db) } }
            let judged = try? await due(house)
            mayCommit.signal()
            try await slow
            try result.get()
            let first = try #require(judged?.first)
            try await house.write { db in try ReviewQueue.finish(first, in: db) }
            #expect(try await due(house).map(\.lineage) == [house.lineage])
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
