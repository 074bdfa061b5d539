import Subprocess

/// The lines of a process's standard output, as bytes without the line feed.
///
/// The reader survives its iterators: a loop may be left and another one goes on with the next line. A rest without a line feed at the end
/// of the output is not a line: it is what a crash leaves behind.
package actor OutputLines: AsyncSequence {
    package typealias Element = [UInt8]

    private let limit: Int
    private var buffers: SubprocessOutputSequence.AsyncIterator?
    private var splitter = LineSplitter()

    init(_ output: SubprocessOutputSequence, limit: Int) {
        self.limit = limit
        buffers = output.makeAsyncIterator()
    }

    /// The next line; nil at the end of the output.
    ///
    /// - Throws: ``GuardedProcessError/lineTooLong(limit:)``, ``GuardedProcessError/concurrentReaders``, `CancellationError`.
    package func next() async throws -> [UInt8]? {
        while true {
            if let line = splitter.next() {
                guard line.count <= limit else { throw GuardedProcessError.lineTooLong(limit: limit) }
                return line
            }
            guard splitter.pending <= limit else { throw GuardedProcessError.lineTooLong(limit: limit) }
            guard var source = buffers.take() else { throw GuardedProcessError.concurrentReaders }
            let buffer = try await source.next(isolation: self)
            buffers = source
            guard let buffer else {
                // A cancelled read looks like the end of the output.
                try Task.checkCancellation()
                return nil
            }
            buffer.withUnsafeBytes { splitter.append($0) }
        }
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let lines: OutputLines

        package mutating func next() async throws -> [UInt8]? {
            try await lines.next()
        }
    }

    package nonisolated func makeAsyncIterator() -> Iterator {
        Iterator(lines: self)
    }
}

/// Cuts a stream of bytes at line feeds, looking at every byte once.
package struct LineSplitter {
    private var bytes: [UInt8] = []
    private var start = 0
    private var scanned = 0

    package init() {}

    /// Bytes after the last complete line.
    package var pending: Int { bytes.count - start }

    package mutating func append(_ more: some Collection<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            scanned -= start
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    package mutating func next() -> [UInt8]? {
        guard let end = bytes[scanned...].firstIndex(of: UInt8(ascii: "\n")) else {
            scanned = bytes.count
            return nil
        }
        defer {
            start = end + 1
            scanned = end + 1
        }
        return Array(bytes[start..<end])
    }
}
