import ArgumentParser
import TrackDaemon
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a person sees when trackd cannot start or go on.
enum StartFailure {
    /// Whether an error is the program's own, and not ArgumentParser's.
    static func isOwn(_ error: any Error) -> Bool {
        !(error is CleanExit || error is ExitCode || error is ValidationError) && !"\(type(of: error))".hasPrefix("CommandError")
    }

    static func exit(_ error: any Error) -> Never {
        let text = "trackd: \(Daemon.sentence(of: error))\n"
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        Glibc.exit(Daemon.exitStatus(of: error))
    }
}
