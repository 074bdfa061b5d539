import FoundationEssentials
import NIOCore
package import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A record on disk that was read through once and is whole. Its payload stays on disk until it is sent.
package struct SpoolEntry: Sendable {
    package let envelope: SpoolEnvelope
    package let path: String
    /// Where in the file the request's body lies.
    package let payload: Range<Int>

    package var id: RunID { envelope.id }

    /// Reads a file through, 64 KiB at a time; nil when it is missing.
    ///
    /// - Throws: ``SpoolFrame/Damage``, `DecodingError`, or ``SystemFailure`` when it cannot be read.
    package static func read(_ path: String) throws -> SpoolEntry? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemFailure("read \(path)", code: errno)
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw SystemFailure("read \(path)", code: errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw SystemFailure("read \(path)", code: EINVAL) }
        let file = SpoolBytes(path: path, descriptor: descriptor)
        let first = try file.bytes(0..<min(Int(facts.st_size), SpoolFrame.Header.longest))
        guard let end = first.firstIndex(of: SpoolFrame.lineEnd) else { throw SpoolFrame.Damage.header }
        let header = try SpoolFrame.Header(line: first[..<end])
        // In this order, because the length may be any number.
        guard Int(facts.st_size) - (end + 1) - 1 == header.length else { throw SpoolFrame.Damage.length }
        let body = (end + 1)..<(end + 1 + header.length)
        guard try file.bytes(body.upperBound..<(body.upperBound + 1)) == [SpoolFrame.lineEnd] else { throw SpoolFrame.Damage.end }
        var measure = SpoolFrame.Measure()
        try file.forEachPiece(body) { measure.update($0) }
        try measure.check(against: header)
        let (envelope, head, tail) = try SpoolEnvelope.read(
            beginning: Data(try file.bytes(body.prefix(SpoolEnvelope.longestHead))),
            end: Data(try file.bytes(body.suffix(SpoolEnvelope.longestTail))))
        guard head + tail <= body.count else { throw SpoolFrame.Damage.header }
        return SpoolEntry(envelope: envelope, path: path, payload: (body.lowerBound + head)..<(body.upperBound - tail))
    }

    /// The request itself, whole in memory.
    package func request() throws -> SpoolRecord.Payload {
        let data = try contents()
        return switch envelope.kind {
        case .run: .run(try WireCoding.decode(RecordRunRequest.self, from: data))
        case .checkpoint: .checkpoint(try WireCoding.decode(AddCheckpointRequest.self, from: data))
        }
    }

    /// `run 0192…` or `checkpoint legal-tune/checkpoint-120`, for messages.
    package var label: String {
        guard envelope.kind == .checkpoint else { return "run \(id)" }
        guard payload.count <= WireLimits.body, case .checkpoint(let request) = try? request() else { return "checkpoint record \(id)" }
        return "checkpoint \(request.lineage)/\(request.checkpoint.name)"
    }

    /// No request of its kind may be larger, in bytes.
    var limit: Int {
        switch envelope.kind {
        case .run: WireLimits.run
        case .checkpoint: WireLimits.body
        }
    }

    private func contents() throws -> Data {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure("read \(path)", code: errno) }
        defer { close(descriptor) }
        return Data(try SpoolBytes(path: path, descriptor: descriptor).bytes(payload))
    }
}

/// The bytes of an open file.
struct SpoolBytes {
    let path: String
    let descriptor: Int32

    static let pieceSize = 65536

    func bytes(_ range: Range<Int>) throws(SystemFailure) -> [UInt8] {
        var offset = range.lowerBound
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        while offset < range.upperBound {
            let piece = try self.piece(offset..<min(range.upperBound, offset + SpoolBytes.pieceSize))
            bytes += piece
            offset += piece.count
        }
        return bytes
    }

    func forEachPiece(_ range: Range<Int>, _ receive: (UnsafeRawBufferPointer) -> Void) throws(SystemFailure) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = try self.piece(offset..<min(range.upperBound, offset + SpoolBytes.pieceSize))
            piece.withUnsafeBytes(receive)
            offset += piece.count
        }
    }

    /// At least one byte of the range. A file that became shorter meanwhile fails with EIO.
    func piece(_ range: Range<Int>) throws(SystemFailure) -> [UInt8] {
        var failure: Int32?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while true {
                let read = pread(descriptor, buffer.baseAddress, range.count, off_t(range.lowerBound))
                if read < 0, errno == EINTR { continue }
                failure = read < 0 ? errno : read == 0 ? EIO : nil
                count = max(0, read)
                return
            }
        }
        if let failure { throw SystemFailure("read \(path)", code: failure) }
        return bytes
    }
}

/// The payload of a record as the body of a request: read from the file while it is sent, again for every attempt.
struct SpoolBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let entry: SpoolEntry

    func makeAsyncIterator() -> Iterator { Iterator(entry: entry) }

    struct Iterator: AsyncIteratorProtocol {
        private let file: OpenFile
        private var rest: Range<Int>

        init(entry: SpoolEntry) {
            file = OpenFile(entry.path)
            rest = entry.payload
        }

        mutating func next() async throws -> ByteBuffer? {
            guard !rest.isEmpty else { return nil }
            guard file.bytes.descriptor >= 0 else { throw SystemFailure("read \(file.bytes.path)", code: file.code) }
            let piece = try file.bytes.piece(rest.prefix(SpoolBytes.pieceSize))
            rest = rest.dropFirst(piece.count)
            return ByteBuffer(bytes: piece)
        }
    }

    /// Closed with the last iterator that reads it.
    private final class OpenFile {
        let bytes: SpoolBytes
        let code: Int32

        init(_ path: String) {
            bytes = SpoolBytes(path: path, descriptor: open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC))
            code = errno
        }

        deinit { if bytes.descriptor >= 0 { close(bytes.descriptor) } }
    }
}
