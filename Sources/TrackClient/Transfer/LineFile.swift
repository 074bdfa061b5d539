import SystemPackage
import TrackCore

/// The lines of a file, one at a time, without their ends.
struct LineFile {
    /// No line of an export is longer, in bytes: the largest run that the daemon records, with room for its frame.
    static let longestLine = 65 << 20

    private let descriptor: FileDescriptor
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(_ path: String) throws {
        descriptor = try reporting("open \(path)") { try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) }
    }

    func close() { try? descriptor.close() }

    /// Nil at the end.
    mutating func next() throws -> ArraySlice<UInt8>? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return buffer[start..<end]
            }
            if isAtEnd {
                defer { start = buffer.count }
                return start < buffer.count ? buffer[start...] : nil
            }
            guard buffer.count - start <= LineFile.longestLine else { throw TransferFault("A line is longer than any that track writes.") }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            var chunk = [UInt8](repeating: 0, count: 1 << 18)
            let count = try reporting("read a file of the export") { try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) } }
            isAtEnd = count == 0
            buffer += chunk[..<count]
        }
    }

    /// Length in bytes, number of lines, and digest of a file.
    static func measure(_ path: String) throws -> (bytes: Int64, lines: Int, digest: Digest) {
        let descriptor = try reporting("open \(path)") { try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) }
        return try descriptor.closeAfter {
            var stream = DigestStream()
            var (bytes, lines) = (Int64(0), 0)
            var chunk = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = try reporting("read \(path)") { try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) } }
                if count == 0 { return (bytes, lines, stream.finish()) }
                bytes += Int64(count)
                lines += chunk[..<count].count { $0 == UInt8(ascii: "\n") }
                stream.update(chunk[..<count])
            }
        }
    }
}

/// Runs system calls; what fails is told with the operation.
func reporting<Value>(_ operation: @autoclosure () -> String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as Errno {
        throw SystemFailure(operation(), code: error.rawValue)
    }
}
