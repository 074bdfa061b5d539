import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import TrackCore

/// What a request carries.
struct RequestBody: Sendable {
    let content: HTTPClientRequest.Body
    let mediaType: String

    static func json(_ data: Data) -> RequestBody {
        RequestBody(content: .bytes(data), mediaType: "application/json")
    }

    /// The payload of a spooled record, read from its file while it is sent.
    static func payload(of entry: SpoolEntry) -> RequestBody {
        RequestBody(
            content: .stream(SpoolBody(entry: entry), length: .known(Int64(entry.payload.count))), mediaType: "application/json")
    }

    /// JSON Lines that are made while they are sent: the description of a revision, then its documents.
    static func revision(_ upload: DomainSetUpload, _ documents: some Sequence<DocumentLine> & Sendable) throws -> RequestBody {
        var first = ByteBuffer()
        first.writeBytes(try WireCoding.encode(upload))
        first.writeInteger(RequestBody.lineEnd)
        return RequestBody(
            content: .stream(LineBatches(first: first, lines: documents), length: .unknown), mediaType: "application/x-ndjson")
    }

    /// The description of a revision, then the lines of its documents as they are, without line feeds.
    static func revision<Failure: Error>(
        _ upload: DomainSetUpload, lines: some Sequence<Result<[UInt8], Failure>> & Sendable
    ) throws -> RequestBody {
        var first = ByteBuffer()
        first.writeBytes(try WireCoding.encode(upload))
        first.writeInteger(RequestBody.lineEnd)
        return RequestBody(content: .stream(WrittenLines(first: first, lines: lines), length: .unknown), mediaType: "application/x-ndjson")
    }

    /// JSON Lines that are made while they are sent: one run each.
    static func runs(_ runs: some Sequence<RecordRunRequest> & Sendable) -> RequestBody {
        RequestBody(content: .stream(LineBatches(first: nil, lines: runs), length: .unknown), mediaType: "application/x-ndjson")
    }

    fileprivate static let lineEnd = UInt8(ascii: "\n")
}

/// Joins lines to buffers of about 64 KiB, so that a document does not cost a packet.
private struct LineBatches<Lines: Sequence & Sendable>: AsyncSequence, Sendable where Lines.Element: Encodable {
    typealias Element = ByteBuffer
    let first: ByteBuffer?
    let lines: Lines

    func makeAsyncIterator() -> Iterator { Iterator(first: first, lines: lines.makeIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var first: ByteBuffer?
        var lines: Lines.Iterator

        mutating func next() async throws -> ByteBuffer? {
            var buffer = first.take() ?? ByteBuffer()
            while buffer.readableBytes < 65536, let line = lines.next() {
                buffer.writeBytes(try WireCoding.encode(line))
                buffer.writeInteger(RequestBody.lineEnd)
            }
            return buffer.readableBytes > 0 ? buffer : nil
        }
    }
}

/// The same for lines that are written already.
private struct WrittenLines<Lines: Sequence & Sendable, Failure: Error>: AsyncSequence, Sendable
where Lines.Element == Result<[UInt8], Failure> {
    typealias Element = ByteBuffer
    let first: ByteBuffer
    let lines: Lines

    func makeAsyncIterator() -> Iterator { Iterator(first: first, lines: lines.makeIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var first: ByteBuffer?
        var lines: Lines.Iterator

        mutating func next() async throws -> ByteBuffer? {
            var buffer = first.take() ?? ByteBuffer()
            while buffer.readableBytes < 65536, let line = try lines.next()?.get() {
                buffer.writeBytes(line)
                buffer.writeInteger(RequestBody.lineEnd)
            }
            return buffer.readableBytes > 0 ? buffer : nil
        }
    }
}
