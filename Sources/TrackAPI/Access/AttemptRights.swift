import Postgres
import TrackCore
import TrackStore

extension Principal {
    /// Whether it may speak for an attempt: with the attempt's own token; a worker for what was claimed in its name, also when the attempt
    /// has ended, so that a result which comes late is answered as such; an administrator always.
    ///
    /// - Throws: ``Problem`` when it may not. An attempt that does not exist is nobody's, and the queue says so.
    func checkSpeaks(for attempt: AttemptReference, in db: Session) throws {
        if let own = self.attempt {
            guard attempt == own else { throw Self.refusal(attempt, name, "its token is of another attempt") }
            return
        }
        switch role {
        case .admin: return
        case .worker:
            switch try TokenStore.holder(of: attempt, in: db) {
            case .named(name), .noSuchAttempt: return
            case .named: throw Self.refusal(attempt, name, "another worker claimed it")
            case .unknown: throw Self.refusal(attempt, name, "it was claimed before workers had tokens of their own")
            }
        case .reader, .submitter: throw Self.refusal(attempt, name, "only workers report on attempts")
        }
    }

    /// Whether it may record a run: the result of an attempt that it may speak for, or, unless it is a worker, a run without one.
    ///
    /// - Throws: ``Problem`` when it may not.
    func checkMayRecord(for attempt: AttemptReference?, in db: Session) throws {
        if let attempt { return try checkSpeaks(for: attempt, in: db) }
        guard role != .worker else {
            throw Problem(
                .forbidden,
                "The token of \(name) is a worker's: it records the results of attempts. A run without one needs a submitter's token.")
        }
    }

    private static func refusal(_ attempt: AttemptReference, _ name: String, _ reason: String) -> Problem {
        Problem(.forbidden, "\(name) may not report on attempt \(attempt.fence) at job \(attempt.job): \(reason).")
    }
}
