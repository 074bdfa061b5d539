import Glibc
import TrackClient

/// Standard output and standard error, unbuffered: what was printed stays printed, whatever happens next.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// A reader that went away ends the command quietly, as it ends other tools.
    func write(_ text: String) {
        do {
            try write(bytes: Array(text.utf8))
        } catch where error.code == EPIPE {
            exit(CommandStatus.failed.rawValue)
        } catch {
            guard self == .output else { return }
            CommandFailure("The output could not be written: \(error.reason).").end()
        }
    }

    func write(bytes: [UInt8]) throws(SystemFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { throw SystemFailure("write to standard output", code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    var isTerminal: Bool { isatty(rawValue) == 1 }
}
