import TrackCore

/// How a command ends. The numbers are a promise to scripts.
package enum CommandStatus: Int32, Hashable, Sendable {
    case done = 0
    case failed = 1
    /// EX_USAGE: the command was written wrongly.
    case usage = 64
    /// EX_UNAVAILABLE: the daemon is not reachable; a record that should have gone there is in the spool.
    case daemonUnreachable = 69
    /// EX_IOERR: a record could not be made durable; it was printed.
    case notDurable = 74
    /// EX_CONFIG: a setting cannot be used.
    case configuration = 78

    /// The status that fits an error, wherever in a command it was thrown.
    package static func of(_ error: any Error) -> CommandStatus {
        switch error {
        case is DaemonUnreachable: .daemonUnreachable
        case let problem as Problem: problem.type == .unauthenticated || problem.type == .forbidden ? .configuration : .failed
        case is UnexpectedAnswer, is ClientConfigurationError: .configuration
        case let error as SpoolError: error.isRecordLost ? .notDurable : .failed
        default: .failed
        }
    }
}
