import FoundationEssentials

/// Makes the requests: bodies in turn, each with the next id.
struct RequestSource {
    private struct Template {
        /// The pieces of the body between its markers.
        var pieces: [ArraySlice<UInt8>]
        var length: Int
    }

    private static let marker = Array("@ID@".utf8)

    private let path: String
    private let templates: [Template]
    private var ids: IndexingIterator<[[UInt8]]>?
    private var next = 0

    /// - Parameter ids: each is used once; nil makes a UUIDv7 for every request.
    init(path: String, bodies: [[UInt8]], ids: [[UInt8]]?) throws {
        guard !bodies.isEmpty else { throw LoadError("The file of bodies is empty.") }
        self.path = path
        self.ids = ids?.makeIterator()
        templates = bodies.map { body in
            let pieces = Self.split(body)
            return Template(pieces: pieces, length: pieces.reduce(0) { $0 + $1.count })
        }
    }

    /// The whole request as it goes over the wire; nil when the ids are used up.
    mutating func request() -> [UInt8]? {
        let id: [UInt8]
        if ids == nil {
            id = UUIDv7.make()
        } else {
            guard let given = ids?.next() else { return nil }
            id = given
        }
        let template = templates[next % templates.count]
        next += 1
        let length = template.length + (template.pieces.count - 1) * id.count
        var request = Array(
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n\r\n".utf8)
        request.reserveCapacity(request.count + length)
        for (index, piece) in template.pieces.enumerated() {
            if index > 0 { request += id }
            request += piece
        }
        return request
    }

    private static func split(_ body: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = body.startIndex
        while let found = body[start...].firstRange(of: marker) {
            pieces.append(body[start..<found.lowerBound])
            start = found.upperBound
        }
        pieces.append(body[start...])
        return pieces
    }
}
