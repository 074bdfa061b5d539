import Postgres
import TrackCore
import TrackJobs
import TrackStore

/// What becomes of a record, in one transaction: the answer is given after its COMMIT.
enum RunIntake {
    static func record(_ wanted: RecordRunRequest, digest: Digest, in db: Session) throws -> RecordRunResponse {
        let run = wanted.run
        func answer(_ verdict: RecordVerdict) -> RecordRunResponse { RecordRunResponse(id: run.id, verdict: verdict, digest: digest) }
        var attempt = wanted.attempt
        if let claimed = attempt {
            switch try JobQueue.standing(of: claimed, run: run.id, in: db) {
            case .current: break
            case .duplicate: return answer(try insert(run, digest: digest, in: db).verdict)
            case .leftBehind: attempt = nil
            case .fenced:
                try JobQueue.keepFenced(claimed, run: run.id, digest: digest, record: try JSONText(encoding: wanted), in: db)
                return answer(.fenced)
            }
        }
        let (verdict, target) = try insert(run, digest: digest, in: db)
        if let attempt {
            let fits = try JobQueue.asked(
                attempt.job, checkpoint: target.checkpoint.id, revision: target.revisionID, scoring: run.scoring.digest, in: db)
            guard fits else {
                throw Problem(
                    .invalid, "The run \(run.id) is of another checkpoint, domain set or protocol than job \(attempt.job) asked for.")
            }
            try JobQueue.succeed(attempt, run: run.id, in: db)
        }
        if verdict == .accepted, let lineage = try LineageStore.lineage(named: target.checkpoint.lineage, in: db) {
            try ReviewQueue.enqueue(lineage: lineage.id, in: db)
        }
        return answer(verdict)
    }

    private static func insert(
        _ run: EvaluationRun, digest: Digest, in db: Session
    ) throws -> (verdict: RecordVerdict, target: RunStore.Target) {
        let target = try RunStore.target(of: run, in: db)
        return (try RunStore.insert(run, digest: digest, target: target, in: db), target)
    }
}
