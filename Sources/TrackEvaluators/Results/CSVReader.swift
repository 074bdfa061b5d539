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
package struct CSVReader {
    private let bytes: [UInt8]
    private let separator: UInt8
    private var position = 0
    private var line = 1

    /// The separator is the one of `,`, `;` and tab that the first record has most of, outside of quotation marks.
    package init(_ bytes: [UInt8]) {
        let start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        self.bytes = bytes
        position = start
        separator = CSVReader.separator(of: bytes[start...])
    }

    package static func records(_ bytes: [UInt8]) -> [CSVRecord] {
        var reader = CSVReader(bytes)
        var records: [CSVRecord] = []
        while let record = reader.next() { records.append(record) }
        return records
    }

    private static func separator(of text: ArraySlice<UInt8>) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        for byte in text {
            if byte == quote { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == lineFeed || byte == carriageReturn { break }
            counts[byte, default: 0] += 1
        }
        let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        return candidates.reduce(candidates[0]) { counts[$1, default: 0] > counts[$0, default: 0] ? $1 : $0 }
    }

    private mutating func next() -> CSVRecord? {
        while position < bytes.count, endOfLine() {}
        guard position < bytes.count else { return nil }
        let start = line
        var fields: [String] = []
        var fault: String?
        while true {
            let (field, problem) = field()
            fault = fault ?? problem
            if let text = String(validating: field, as: UTF8.self), !field.contains(0) {
                fields.append(text)
            } else {
                fields.append("")
                fault = fault ?? "is not valid UTF-8 text"
            }
            guard position < bytes.count, bytes[position] == separator else { break }
            position += 1
        }
        _ = endOfLine()
        return CSVRecord(line: start, fields: fields, fault: fault)
    }

    /// The bytes up to the next separator or line end, without their quotation marks.
    private mutating func field() -> (bytes: [UInt8], fault: String?) {
        guard position < bytes.count, bytes[position] == CSVReader.quote else { return plainField() }
        position += 1
        var field: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            if byte == CSVReader.quote {
                position += 1
                guard position < bytes.count, bytes[position] == CSVReader.quote else {
                    let rest = plainField().bytes
                    return (field, rest.isEmpty ? nil : "has text after a closing quotation mark")
                }
            } else if byte == CSVReader.lineFeed {
                line += 1
            }
            field.append(byte)
            position += 1
        }
        return (field, "has a quotation mark that is never closed")
    }

    private mutating func plainField() -> (bytes: [UInt8], fault: String?) {
        let start = position
        while position < bytes.count, bytes[position] != separator, !isLineEnd(bytes[position]) { position += 1 }
        let field = Array(bytes[start..<position])
        return (field, field.contains(CSVReader.quote) ? "has a quotation mark inside a value that has none around it" : nil)
    }

    /// Moves over one line end, if the reader stands at one.
    private mutating func endOfLine() -> Bool {
        guard position < bytes.count, isLineEnd(bytes[position]) else { return false }
        let isPair = bytes[position] == CSVReader.carriageReturn && position + 1 < bytes.count && bytes[position + 1] == CSVReader.lineFeed
        position += isPair ? 2 : 1
        line += 1
        return true
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == CSVReader.lineFeed || byte == CSVReader.carriageReturn }

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
}
