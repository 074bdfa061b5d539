import Postgres
import TrackCore
import TrackStore

/// What becomes of records that are written together, in one transaction.
enum RunBatch {
    /// - Returns: what became of each, in their order, after COMMIT. When something in the batch stops its transaction, each is recorded
    ///   by itself, so that a bad record harms no other. Where another history has begun since the runs' rows were looked up, they are
    ///   looked up once more in that one.
    static func record(_ runs: [PlacedRun], facts: RunFacts, in database: Database) async -> [Result<RecordVerdict, any Error>] {
        var results = await recordOnce(runs, facts: facts, in: database)
        let lost = results.indices.filter { results[$0].isOfAnotherHistory }
        guard !lost.isEmpty else { return results }
        facts.forget()
        var found: [(index: Int, run: PlacedRun)] = []
        for index in lost {
            do {
                found.append((index, runs[index].moved(to: try await facts.target(of: runs[index].heading, in: database))))
            } catch {
                results[index] = .failure(error)
            }
        }
        let again = await recordOnce(found.map(\.run), facts: facts, in: database)
        for ((index, _), result) in zip(found, again) { results[index] = result }
        return results
    }

    private static func recordOnce(
        _ runs: [PlacedRun], facts: RunFacts, in database: Database
    ) async -> [Result<RecordVerdict, any Error>] {
        guard !runs.isEmpty else { return [] }
        // A correction is checked against the run that it corrects, which COPY cannot do.
        if runs.contains(where: { $0.heading.supersedes != nil }) { return await recordOneByOne(runs, in: database) }
        do {
            return try await database.write("run.record", timeout: .seconds(60)) { db in try copy(runs, in: db) }
        } catch let error as PostgresError where error.code == .server {
            if error.sqlState == .foreignKeyViolation { facts.forget() }
            return await recordOneByOne(runs, in: database)
        } catch {
            // The database is away, or whether it committed is unknown: the same for all.
            return runs.map { _ in .failure(error) }
        }
    }

    private static func copy(_ runs: [PlacedRun], in db: Session) throws -> [Result<RecordVerdict, any Error>] {
        let verdicts = try RunStore.copy(runs, in: db)
        let news = zip(runs, verdicts).compactMap { run, verdict in
            if case .success(.accepted) = verdict { run.target.lineage } else { nil }
        }
        for lineage in Set(news) { try ReviewQueue.enqueue(lineage: lineage, in: db) }
        return verdicts.map { $0.mapError { $0 } }
    }

    private static func recordOneByOne(_ runs: [PlacedRun], in database: Database) async -> [Result<RecordVerdict, any Error>] {
        var results: [Result<RecordVerdict, any Error>] = []
        for run in runs {
            do {
                results.append(
                    .success(
                        try await database.write("run.record", timeout: .seconds(60)) { db in try RunIntake.record(run, in: db) }))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }
}

extension Result where Failure == any Error {
    fileprivate var isOfAnotherHistory: Bool {
        if case .failure(let error) = self { error is AnotherHistory } else { false }
    }
}
