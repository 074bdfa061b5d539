import FoundationEssentials
import Glibc
package import TrackClient

/// A command that did not do what it was asked: the words for standard error and the exit status.
package struct CommandFailure: Error, Sendable {
    package let message: String
    package let status: CommandStatus

    package init(_ message: String, status: CommandStatus = .failed) {
        self.message = message
        self.status = status
    }

    /// What an error means for a person. All of track's own say it themselves; another one is told as it is.
    package init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case SpoolError.notDurable(let record, _):
            let frame = (try? record.frame) ?? []
            self.init("\(error)\n" + Data(frame).base64EncodedString(), status: .of(error))
        case is CancellationError: self.init("It was interrupted.")
        default: self.init(String(describing: error), status: .of(error))
        }
    }

    func end() -> Never {
        StandardStream.error.write("track: " + message + "\n")
        exit(status.rawValue)
    }
}
