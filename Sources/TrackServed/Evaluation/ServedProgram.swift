import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
import TrackClient
package import TrackEvaluators

/// The process that a worker starts for a running server: JSON Lines over standard input and output, until the input ends.
package enum ServedProgram {
    /// Never returns: at the end of the input the process ends at once, whatever is under way, because the worker is gone.
    package static func run(_ settings: ServedSettings, token: String?, environment: [String: String]) async -> Never {
        signal(SIGPIPE, SIG_IGN)
        let output = Output()
        let evaluator = ServedEvaluator(settings, token: token, environment: environment) { output.write($0) }
        await evaluator.greet(version: ProgramVersion.text)
        for await line in requests() { await evaluator.answer(line) }
        exit(0)
    }

    /// On a thread of its own, so that the end of the input is noticed while a request is under way.
    private static func requests() -> AsyncStream<[UInt8]> {
        let (lines, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        DispatchQueue(label: "standard input").async {
            var splitter = LineSplitter()
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { exit(0) }
                splitter.append(buffer[..<count])
                while let line = splitter.next() { if !line.isEmpty { continuation.yield(line) } }
            }
        }
        return lines
    }

    /// Standard output, one message at a time.
    private final class Output: Sendable {
        private let turn = Mutex(())

        func write(_ message: ServedMessage) {
            guard let line = try? message.line() else { return }
            turn.withLock { _ in
                line.withUnsafeBytes { bytes in
                    var rest = bytes
                    while !rest.isEmpty {
                        let count = Glibc.write(STDOUT_FILENO, rest.baseAddress, rest.count)
                        if count < 0, errno == EINTR { continue }
                        // Nobody reads any more: the worker is gone.
                        guard count > 0 else { exit(0) }
                        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                    }
                }
            }
        }
    }
}
