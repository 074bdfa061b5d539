import FoundationEssentials
import SystemPackage
import TrackCore
import TrackEvaluators

/// The documents' file of a request, read line by line.
struct DocumentLines: ~Copyable {
    /// One line: a text, or a conversation, which a server's completion endpoint cannot be given.
    enum Document: Hashable, Sendable {
        case text(String)
        case chat
        /// Half of a surrogate pair, which is no Unicode.
        case notUnicode
    }

    private struct Line: Decodable {
        struct Anything: Decodable {}

        let domain: Int
        let text: String?
        let messages: [Anything]?
    }

    private struct Place: Decodable { let domain: Int }

    private let path: String
    private let file: FileDescriptor
    private var splitter = LineSplitter()
    private var isAtEnd = false

    init(path: String) throws(ServedRefusal) {
        self.path = path
        do {
            file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
        } catch {
            throw Self.mismatch(path, "it cannot be read: \(error)")
        }
    }

    deinit { try? file.close() }

    /// The next document, which must belong to this domain.
    mutating func next(of domain: ServedRequest.Domain) throws(ServedRefusal) -> Document {
        guard let line = try nextLine() else {
            throw Self.mismatch(path, "it ends before the \(domain.documents) documents of domain \(domain.name)")
        }
        let data = Data(line)
        guard let read = try? JSONDecoder().decodeChecked(Line.self, from: data) else {
            // The decoder refuses half of a surrogate pair; what else is wrong with a line is the file's fault.
            if (try? JSONDecoder().decodeChecked(Place.self, from: data))?.domain == domain.index { return .notUnicode }
            if Self.hasLoneSurrogate(line) { return .notUnicode }
            throw Self.mismatch(path, "a line of it is not an object with domain and text or messages")
        }
        guard read.domain == domain.index, (read.text == nil) != (read.messages == nil) else {
            throw Self.mismatch(path, "where a document of domain \(domain.name) (\(domain.index)) should stand is one of \(read.domain)")
        }
        return read.text.map(Document.text) ?? .chat
    }

    mutating func checkEnd() throws(ServedRefusal) {
        if try nextLine() != nil { throw Self.mismatch(path, "it holds more documents than the domains of the request") }
    }

    private mutating func nextLine() throws(ServedRefusal) -> [UInt8]? {
        while true {
            if let line = splitter.next() { return line }
            if isAtEnd { return nil }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count: Int
            do {
                count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
            } catch {
                throw Self.mismatch(path, "it cannot be read: \(error)")
            }
            if count == 0 {
                isAtEnd = true
                if splitter.pending > 0 { splitter.append([UInt8(ascii: "\n")]) }
            } else {
                splitter.append(buffer[..<count])
            }
        }
    }

    private static func hasLoneSurrogate(_ line: [UInt8]) -> Bool {
        let text = String(decoding: line, as: UTF8.self).lowercased()
        return text.contains("\\ud8") || text.contains("\\ud9") || text.contains("\\uda") || text.contains("\\udb")
            || text.contains("\\udc") || text.contains("\\udd") || text.contains("\\ude") || text.contains("\\udf")
    }

    private static func mismatch(_ path: String, _ what: String) -> ServedRefusal {
        ServedRefusal(.internal, retry: true, "the documents file \(path) is not what the request says: \(what). Evaluate again.")
    }
}
