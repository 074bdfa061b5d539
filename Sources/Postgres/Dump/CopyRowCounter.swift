#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Counts the rows in the text of a dump that holds data only: lines between `COPY schema.table (…) FROM stdin;` and `\.`.
///
/// A row is one line, because COPY escapes line ends inside of values. Of each line only the beginning is kept, however long it is.
struct CopyRowCounter {
    private(set) var rows: [String: Int] = [:]
    private var table: String?
    private var beginning: [UInt8] = []

    /// Longer than `COPY ` with the names of a schema and a table in quotes, each of at most 63 bytes.
    private static let kept = 160

    mutating func read(_ piece: UnsafeRawBufferPointer) {
        guard let base = piece.baseAddress else { return }
        var start = 0
        while start < piece.count {
            let found = unsafe memchr(base + start, Int32(UInt8(ascii: "\n")), piece.count - start)
            let end = unsafe found.map { unsafe base.distance(to: UnsafeRawPointer($0)) }
            let line = unsafe piece[start..<(end ?? piece.count)]
            unsafe beginning.append(contentsOf: line.prefix(Self.kept - beginning.count))
            guard let end else { return }
            finishLine()
            start = end + 1
        }
    }

    private mutating func finishLine() {
        defer { beginning.removeAll(keepingCapacity: true) }
        if let current = table {
            if beginning.elementsEqual("\\.".utf8) { table = nil } else { rows[current, default: 0] += 1 }
        } else if beginning.starts(with: "COPY ".utf8) {
            let name = String(decoding: beginning.dropFirst(5).prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
            let plain = name.split(separator: ".").last.map(String.init) ?? name
            rows[plain] = 0
            table = plain
        }
    }
}
