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
            content: .stream(LineBatches(first: first, documents: documents), length: .unknown), mediaType: "application/x-ndjson")
    }

    fileprivate static let lineEnd = UInt8(ascii: "\n")
}

/// Joins lines to buffers of about 64 KiB, so that a document does not cost a packet.
private struct LineBatches<Documents: Sequence<DocumentLine> & Sendable>: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let first: ByteBuffer
    let documents: Documents

    func makeAsyncIterator() -> Iterator { Iterator(first: first, documents: documents.makeIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var first: ByteBuffer?
        var documents: Documents.Iterator

        mutating func next() async throws -> ByteBuffer? {
            var buffer = first.take() ?? ByteBuffer()
            while buffer.readableBytes < 65536, let document = documents.next() {
                buffer.writeBytes(try WireCoding.encode(document))
                buffer.writeInteger(RequestBody.lineEnd)
            }
            return buffer.readableBytes > 0 ? buffer : nil
        }
    }
}
