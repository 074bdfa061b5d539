/// Puts one HTTP/1.1 answer together from the pieces in which it arrives; its body has a length or comes in chunks (RFC 9112, 6 and 7.1).
struct AnswerReader {
    struct Answer {
        var status: Int
        var body: [UInt8]
    }

    private enum Framing { case length(Int), chunks }

    private static let lineEnd = Array("\r\n".utf8)
    private static let headEnd = Array("\r\n\r\n".utf8)

    private var bytes: [UInt8] = []
    /// Where in `bytes` reading goes on.
    private var place = 0
    private var head: (status: Int, framing: Framing)?
    private var body: [UInt8] = []

    mutating func add(_ piece: UnsafeRawBufferPointer) { bytes.append(contentsOf: piece) }

    /// The answer once it is whole, else nil.
    mutating func answer() throws -> Answer? {
        if head == nil { try readHead() }
        guard let head else { return nil }
        switch head.framing {
        case .length(let length):
            guard bytes.count - place >= length else { return nil }
            return Answer(status: head.status, body: Array(bytes[place...]))
        case .chunks:
            return try readChunks() ? Answer(status: head.status, body: body) : nil
        }
    }

    private mutating func readHead() throws {
        guard let end = bytes.firstPlace(of: Self.headEnd, from: 0) else { return }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        place = end + Self.headEnd.count
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw LoadError("The server's answer has no status.")
        }
        for line in lines.dropFirst() {
            let field = line.split(separator: ":", maxSplits: 1)
            guard field.count == 2 else { continue }
            switch field[0].lowercased() {
            case "content-length": head = Int(field[1].drop(while: { $0 == " " })).map { (status, .length($0)) }
            case "transfer-encoding": head = (status, .chunks)
            default: continue
            }
        }
        if head == nil { throw LoadError("The server's answer has neither a length nor chunks.") }
    }

    /// Whether the last chunk has arrived. No server here sends trailers.
    private mutating func readChunks() throws -> Bool {
        while let end = bytes.firstPlace(of: Self.lineEnd, from: place) {
            let line = String(decoding: bytes[place..<end], as: UTF8.self)
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else { throw LoadError("A chunk has the size “\(line)”.") }
            let start = end + Self.lineEnd.count
            guard bytes.count >= start + size + Self.lineEnd.count else { return false }
            body += bytes[start..<(start + size)]
            place = start + size + Self.lineEnd.count
            if size == 0 { return true }
        }
        return false
    }
}
