import FoundationEssentials
import Glibc
package import TrackClient
import TrackCore
import TrackEvaluators

/// A command that did not do what it was asked: the words for standard error and the exit status.
package struct CommandFailure: Error, Sendable {
    package let message: String
    package let status: CommandStatus

    package init(_ message: String, status: CommandStatus = .failed) {
        self.message = message
        self.status = status
    }

    /// Nil for the argument parser's own errors, which know how to show themselves.
    package init?(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as SpoolError:
            var message = error.description
            if case .notDurable(let record, _) = error { message += "\n" + Data(record).base64EncodedString() }
            self.init(message, status: .of(error))
        case is Problem, is DaemonUnreachable, is UnexpectedAnswer, is ClientConfigurationError, is SystemFailure, is CheckpointFolderError,
            is DomainSourceError, is EvaluatorFailure:
            self.init(String(describing: error), status: .of(error))
        case is CancellationError: self.init("It was interrupted.")
        default: return nil
        }
    }

    func end() -> Never {
        StandardStream.error.write("track: " + message + "\n")
        exit(status.rawValue)
    }
}
