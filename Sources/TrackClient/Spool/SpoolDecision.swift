import TrackCore

/// What becomes of a record after an attempt to deliver it.
package enum SpoolDecision: Hashable, Sendable {
    /// Committed: it goes to `sent`.
    case sent
    /// It will never be accepted as it is: it goes to `quarantine` with the reason, and delays nobody.
    case quarantine(reason: String, status: Int?)
    /// It stays, and delivery goes on: this token may not record it, and may well record the next one.
    case pass(reason: String)
    /// It stays, and delivery ends for now: every other record would meet the same.
    case stop(reason: String)

    /// Poison is only what trackd itself called so. An answer of somebody else, of a proxy say, condemns no record.
    package static func after(_ error: any Error) -> SpoolDecision {
        guard let problem = error as? Problem else { return .stop(reason: String(describing: error)) }
        switch problem.status {
        case 403: return .pass(reason: problem.description)
        case 401, 408, 425, 429: return .stop(reason: problem.description)
        case 400..<500: return .quarantine(reason: problem.description, status: problem.status)
        default: return .stop(reason: problem.description)
        }
    }
}
