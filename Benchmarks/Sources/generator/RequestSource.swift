/// Makes the requests from templates in turn, each record in them with the next id.
struct RequestSource {
    struct Request {
        /// As it goes over the wire.
        var bytes: [UInt8]
        /// How many records it brings; 1 for a request that only reads.
        var records: Int
    }

    private struct Template {
        /// The pieces of the body between its markers.
        var pieces: [ArraySlice<UInt8>]
        var length: Int

        func length(idLength: Int) -> Int { length + (pieces.count - 1) * idLength }
    }

    private static let marker = Array("@ID@".utf8)

    /// The first line of the request; of those that read there is one for every target.
    private let requestLines: [[UInt8]]
    private let templates: [Template]
    private let linesPerRequest: Int?
    private var ids: IndexingIterator<[[UInt8]]>?
    private var next = 0

    /// - Parameters:
    ///   - lines: Records in one request of NDJSON; nil sends a body by itself.
    ///   - ids: Each is used once; nil makes a UUIDv7 for every record.
    init(posting bodies: [[UInt8]], to path: String, lines: Int?, ids: [[UInt8]]?) throws {
        guard !bodies.isEmpty else { throw LoadError("The file of bodies is empty.") }
        requestLines = [Array("POST \(path) HTTP/1.1\r\n".utf8)]
        linesPerRequest = lines
        self.ids = ids?.makeIterator()
        templates = bodies.map { body in
            let pieces = Self.split(body)
            return Template(pieces: pieces, length: pieces.reduce(0) { $0 + $1.count })
        }
    }

    init(getting targets: [[UInt8]]) throws {
        guard !targets.isEmpty else { throw LoadError("The file of targets is empty.") }
        requestLines = targets.map { Array("GET \(String(decoding: $0, as: UTF8.self)) HTTP/1.1\r\n".utf8) }
        templates = []
        linesPerRequest = nil
    }

    /// Nil when the ids are used up.
    mutating func request() -> Request? {
        guard !templates.isEmpty else {
            defer { next += 1 }
            return Request(bytes: requestLines[next % requestLines.count] + Array("Host: localhost\r\n\r\n".utf8), records: 1)
        }
        let count = linesPerRequest ?? 1
        var parts: [(template: Template, id: [UInt8])] = []
        for index in 0..<count {
            guard let id = nextID() else { return nil }
            parts.append((templates[(next + index) % templates.count], id))
        }
        next += count
        let ending = linesPerRequest == nil ? 0 : 1
        let length = parts.reduce(0) { $0 + $1.template.length(idLength: $1.id.count) + ending }
        let type = linesPerRequest == nil ? "application/json" : "application/x-ndjson"
        let head = Array("Host: localhost\r\nContent-Type: \(type)\r\nContent-Length: \(length)\r\n\r\n".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(requestLines[0].count + head.count + length)
        bytes += requestLines[0]
        bytes += head
        for part in parts {
            for (index, piece) in part.template.pieces.enumerated() {
                if index > 0 { bytes += part.id }
                bytes += piece
            }
            if ending == 1 { bytes.append(UInt8(ascii: "\n")) }
        }
        return Request(bytes: bytes, records: count)
    }

    private mutating func nextID() -> [UInt8]? { ids == nil ? UUIDv7.make() : ids?.next() }

    private static func split(_ body: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = body.startIndex
        while let found = body.firstPlace(of: marker, from: start) {
            pieces.append(body[start..<found])
            start = found + marker.count
        }
        pieces.append(body[start...])
        return pieces
    }
}
