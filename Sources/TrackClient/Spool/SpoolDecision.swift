import TrackCore

/// What becomes of a record after an attempt to deliver it that failed.
package enum SpoolDecision: Hashable, Sendable {
    /// It will never be accepted as it is: it goes to `quarantine` with the reason, and delays nobody.
    case quarantine(reason: String, status: Int?)
    /// It stays. The failure may be its own, so the next one is tried if the daemon says that it can work.
    case keep(reason: String)
    /// It stays, and delivery goes on: this token may not record it, and may well record the next one.
    case pass(reason: String)
    /// It stays, and delivery ends for now: every other record would meet the same.
    case stop(reason: String)

    /// Poison is only what trackd itself called so. An answer of somebody else, of a proxy say, condemns no record.
    package static func after(_ error: any Error) -> SpoolDecision {
        let reason = String(describing: error)
        switch error {
        case let problem as Problem:
            switch problem.status {
            case 403: return .pass(reason: reason)
            // 421: another host was addressed than the daemon is, which is a setting and no fault of the record.
            case 401, 421, 425, 429: return .stop(reason: reason)
            case 408, 500...: return .keep(reason: reason)
            case 400..<500: return .quarantine(reason: reason, status: problem.status)
            default: return .stop(reason: reason)
            }
        case let error as DaemonUnreachable:
            switch error.reason {
            // A record that is too much for the daemon, or that kills it, looks like this.
            case .timedOut, .interrupted: return .keep(reason: reason)
            case .noSocket, .refused, .noPermission, .unknownHost, .notTrusted, .other: return .stop(reason: reason)
            }
        case is UnexpectedAnswer: return .keep(reason: reason)
        default: return .stop(reason: reason)
        }
    }
}
