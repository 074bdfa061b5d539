import FoundationEssentials
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import SystemPackage
import TrackCore

/// An upload on its way in: a private file that loses its name as soon as it is open, so that no end of the daemon leaves it behind.
final class UploadFile: Sendable {
    private let descriptor: FileDescriptor
    private let limit: Int

    init(folder: String, limit: Int) throws {
        let path = FilePath(folder).appending("upload-\(UUID().uuidString)")
        descriptor = try FileDescriptor.open(
            path, .readWrite, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec], permissions: [.ownerReadWrite])
        _ = path.withPlatformString { unlink($0) }
        self.limit = limit
    }

    func append(_ bytes: [UInt8]) throws {
        guard try Int(descriptor.seek(offset: 0, from: .end)) + bytes.count <= limit else {
            throw Problem(.tooLarge, "The upload is larger than \(limit >> 20) MiB, the limit of this trackd.")
        }
        try descriptor.writeAll(bytes)
    }

    /// The lines from the beginning, read in pieces.
    func lines(limit: Int) throws -> some Sequence<Result<[UInt8], Problem>> {
        _ = try descriptor.seek(offset: 0, from: .start)
        return Lines(descriptor: descriptor, limit: limit)
    }

    func close() { try? descriptor.close() }

    private struct Lines: Sequence, IteratorProtocol {
        let descriptor: FileDescriptor
        let limit: Int
        var buffer: [UInt8] = []
        var start = 0
        var isAtEnd = false

        mutating func next() -> Result<[UInt8], Problem>? {
            var searched = start
            while true {
                if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                    defer { start = end + 1 }
                    return .success(Array(buffer[start..<end]))
                }
                if isAtEnd {
                    defer { start = buffer.count }
                    return start < buffer.count ? .success(Array(buffer[start...])) : nil
                }
                if buffer.count - start > limit { return .failure(Problem(.tooLarge, "A line is longer than \(limit >> 20) MiB.")) }
                buffer.removeFirst(start)
                start = 0
                searched = buffer.count
                var chunk = [UInt8](repeating: 0, count: 1 << 18)
                guard let count = try? chunk.withUnsafeMutableBytes({ try descriptor.read(into: $0) }) else {
                    return .failure(Problem(.internal, "The upload could not be read back."))
                }
                isAtEnd = count == 0
                buffer += chunk[..<count]
            }
        }
    }
}
