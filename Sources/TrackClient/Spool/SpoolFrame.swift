import TrackCore

/// The form of a record on disk: `TRK1 <len> <crc32c-hex> <sha256-hex>\n`, the body of `len` bytes, `\n`.
package enum SpoolFrame {
    /// Why a file is not a whole record.
    package enum Damage: Error, Hashable, Sendable, CustomStringConvertible {
        case header, length, end, checksum, digest

        package var description: String {
            switch self {
            case .header: "its first line is not that of a record"
            case .length: "it is shorter or longer than its first line says"
            case .end: "it does not end with a line end"
            case .checksum: "its bytes do not fit their checksum"
            case .digest: "its bytes do not fit their digest"
            }
        }
    }

    package static func wrap(_ body: [UInt8]) -> [UInt8] {
        let header = "TRK1 \(body.count) \(CRC32C.hex(of: body)) \(Digest(of: body).hex)\n"
        return Array(header.utf8) + body + [lineEnd]
    }

    /// The body. Strict: there is exactly one way to write a record, so that no byte of it can change unseen.
    package static func unwrap(_ file: [UInt8]) throws(Damage) -> [UInt8] {
        guard let end = file.prefix(longestHeader).firstIndex(of: lineEnd) else { throw .header }
        let words = String(decoding: file[..<end], as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, words[0] == "TRK1", let length = Int(words[1]), length >= 0, String(length) == words[1] else {
            throw .header
        }
        let start = end + 1
        guard file.count - start - 1 == length else { throw .length }
        guard file.last == lineEnd else { throw .end }
        let body = Array(file[start..<(file.count - 1)])
        guard CRC32C.hex(of: body) == words[2] else { throw .checksum }
        guard Digest(of: body).hex == words[3] else { throw .digest }
        return body
    }

    private static let lineEnd = UInt8(ascii: "\n")

    /// `TRK1`, 19 digits, 8 and 64 hexadecimal digits, three blanks and the line end.
    private static let longestHeader = 4 + 19 + 8 + 64 + 3 + 1
}
