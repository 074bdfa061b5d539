/// One record of a table of separated values.
package struct CSVRecord: Hashable, Sendable {
    /// Where it begins, from 1.
    package let line: Int
    package let fields: [String]
    /// Why its fields are not to be trusted; nil when they are.
    package let fault: String?
}

/// Separated values as RFC 4180 has them, with what is found in the wild: a byte order mark, lines that end in CRLF, LF or CR, and `;` or
/// tabs as separators. Empty lines count and are no records.
///
/// It is fed piece by piece and holds one record. One over the limit is passed over and not held, up to where it ends.
package struct CSVReader {
    /// Where the next byte stands.
    private enum Place {
        case fieldStart, plain, quoted
        /// Behind a quotation mark in a quoted value: the second of a pair follows, or the value is at its end.
        case quoteInQuoted
        /// Behind the end of a quoted value, where nothing should be.
        case rest
    }

    private let limit: Int
    /// The beginning of the table until its separator is known.
    private var head: [UInt8]? = []
    private var isHeadQuoted = false
    private var separator = UInt8(ascii: ",")
    private var place = Place.fieldStart
    private var field: [UInt8] = []
    private var fields: [String] = []
    private var fault: String?
    private var length = 0
    private var line = 1
    private var firstLine = 1
    private var isAfterReturn = false
    private var ready: [CSVRecord] = []

    /// - Parameter limit: bytes of a record.
    package init(limit: Int) { self.limit = limit }

    package static func records(_ bytes: [UInt8], limit: Int = 1 << 20) -> [CSVRecord] {
        var reader = CSVReader(limit: limit)
        bytes.withUnsafeBytes { reader.append($0) }
        reader.finish()
        return reader.take()
    }

    package mutating func append(_ piece: UnsafeRawBufferPointer) {
        var rest = piece[...]
        if head != nil { rest = beginning(rest) }
        for byte in rest { read(byte) }
    }

    /// The records that are complete; each is given once.
    package mutating func take() -> [CSVRecord] {
        defer { ready = [] }
        return ready
    }

    /// The end of the table: the last record needs no line end.
    package mutating func finish() {
        if head != nil { begin() }
        if place == .quoted { note("has a quotation mark that is never closed") }
        if length > 0 { endRecord() }
    }

    // MARK: The separator

    /// Holds the first line back, and returns what follows it.
    private mutating func beginning(_ piece: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        for (index, byte) in zip(piece.indices, piece) {
            if byte == CSVReader.quote { isHeadQuoted.toggle() }
            head?.append(byte)
            guard !isHeadQuoted && isLineEnd(byte) || head?.count ?? 0 > limit else { continue }
            begin()
            return piece[(index + 1)...]
        }
        return piece[piece.endIndex...]
    }

    private mutating func begin() {
        var bytes = (head ?? [])[...]
        head = nil
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
        separator = CSVReader.separator(of: bytes)
        for byte in bytes { read(byte) }
    }

    /// The one of `,`, `;` and tab that the first record has most of, outside of quotation marks.
    private static func separator(of text: ArraySlice<UInt8>) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        for byte in text {
            if byte == quote { isQuoted.toggle() }
            if !isQuoted { counts[byte, default: 0] += 1 }
        }
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        return candidates.reduce(candidates[0]) { counts[$1, default: 0] > counts[$0, default: 0] ? $1 : $0 }
    }

    // MARK: Records

    private mutating func read(_ byte: UInt8) {
        let isPairEnd = isAfterReturn && byte == CSVReader.lineFeed
        isAfterReturn = false
        if isPairEnd { return }
        if place != .quoted, isLineEnd(byte) {
            if length > 0 { endRecord() }
            isAfterReturn = byte == CSVReader.carriageReturn
            line += 1
            firstLine = line
            return
        }
        length += 1
        if length > limit { (field, fields) = ([], []) }
        switch place {
        case .quoted:
            if byte == CSVReader.lineFeed { line += 1 }
            if byte == CSVReader.quote { place = .quoteInQuoted } else { hold(byte) }
        case .quoteInQuoted where byte == CSVReader.quote:
            hold(byte)
            place = .quoted
        case .fieldStart where byte == CSVReader.quote: place = .quoted
        case _ where byte == separator: endField()
        case .quoteInQuoted:
            note("has text after a closing quotation mark")
            place = .rest
        case .fieldStart, .plain:
            if byte == CSVReader.quote { note("has a quotation mark inside a value that has none around it") }
            hold(byte)
            place = .plain
        case .rest: break
        }
    }

    private mutating func hold(_ byte: UInt8) {
        if length <= limit { field.append(byte) }
    }

    private mutating func note(_ problem: String) { fault = fault ?? problem }

    private mutating func endField() {
        defer { field.removeAll(keepingCapacity: true) }
        place = .fieldStart
        guard length <= limit else { return }
        if let text = String(validating: field, as: UTF8.self), !field.contains(0) {
            fields.append(text)
        } else {
            fields.append("")
            note("is not valid UTF-8 text")
        }
    }

    private mutating func endRecord() {
        endField()
        if length > limit { fault = "has more than \(limit) bytes, or a quotation mark that is never closed" }
        ready.append(CSVRecord(line: firstLine, fields: fields, fault: fault))
        (fields, fault, length) = ([], nil, 0)
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == CSVReader.lineFeed || byte == CSVReader.carriageReturn }

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
}
