import Postgres
import TrackCore
import TrackStore

/// Records together what arrives together: while one transaction is under way, the runs that arrive are collected, and the next one takes
/// them all. A commit waits for the disk, so that the more arrive the less each one costs.
actor RunRecorder {
    /// So many bytes of rows, roughly, and so many runs go into one transaction: a large batch would make those in it wait for each other.
    private static let batch = (bytes: 8 << 20, runs: 64)

    private struct Waiting {
        let run: PlacedRun
        let answer: CheckedContinuation<RecordVerdict, any Error>
    }

    private let database: Database
    private let facts: RunFacts
    private var waiting: [Waiting] = []
    private var isRecording = false

    init(database: Database, facts: RunFacts) {
        self.database = database
        self.facts = facts
    }

    /// Returns after COMMIT.
    func record(_ run: PlacedRun) async throws -> RecordVerdict {
        try await withCheckedThrowingContinuation { answer in
            waiting.append(Waiting(run: run, answer: answer))
            guard !isRecording else { return }
            isRecording = true
            Task { await recordWhatWaits() }
        }
    }

    private func recordWhatWaits() async {
        while !waiting.isEmpty {
            let batch = takeBatch()
            let results = await RunBatch.record(batch.map(\.run), facts: facts, in: database)
            for (waiting, result) in zip(batch, results) { waiting.answer.resume(with: result) }
        }
        isRecording = false
    }

    private func takeBatch() -> [Waiting] {
        var bytes = 0
        let count = waiting.prefix(RunRecorder.batch.runs).prefix { waiting in
            defer { bytes += waiting.run.size }
            return bytes == 0 || bytes + waiting.run.size <= RunRecorder.batch.bytes
        }.count
        defer { waiting.removeFirst(count) }
        return Array(waiting[..<count])
    }
}
