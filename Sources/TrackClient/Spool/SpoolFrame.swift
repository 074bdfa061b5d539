import TrackCore

/// The form of a record on disk: `TRK2 <len> <crc32c-hex> <sha256-hex>\n`, the body of `len` bytes, `\n`.
///
/// The length has twelve digits, so that the first line can be written over its own place when the body has been: a record is never
/// held whole to be measured. `TRK1`, the first version, writes the length without leading zeros and is the same otherwise.
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

    /// The first line.
    package struct Header: Hashable, Sendable {
        /// Of the body, in bytes.
        package let length: Int
        let checksum: String
        let digest: String

        init(length: Int, checksum: String, digest: String) {
            self.length = length
            self.checksum = checksum
            self.digest = digest
        }

        /// Strict: there is exactly one way to write a record, so that no byte of it can change unseen.
        package init(line: some Sequence<UInt8>) throws(Damage) {
            let words = String(decoding: Array(line), as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 4, let length = Int(words[1]), length >= 0 else { throw .header }
            switch words[0] {
            case "TRK1": guard String(length) == words[1] else { throw .header }
            case "TRK2": guard Header.digits(of: length) == words[1] else { throw .header }
            default: throw .header
            }
            self.init(length: length, checksum: String(words[2]), digest: String(words[3]))
        }

        /// With its line end.
        package var bytes: [UInt8] { Array("TRK2 \(Header.digits(of: length)) \(checksum) \(digest)\n".utf8) }

        /// Of ``bytes``.
        static let size = 4 + 12 + 8 + 64 + 3 + 1

        /// Of the first line of either version, its line end included: `TRK1` may have 19 digits.
        static let longest = 4 + 19 + 8 + 64 + 3 + 1

        private static func digits(of length: Int) -> String {
            let digits = String(length)
            return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        }
    }

    /// Measures a body as it passes by.
    package struct Measure {
        private var length = 0
        private var checksum = CRC32C()
        private var digest = DigestStream()

        package init() {}

        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            length += bytes.count
            checksum.update(bytes)
            digest.update(pointer: bytes)
        }

        package var header: Header { Header(length: length, checksum: checksum.hex, digest: digest.finish().hex) }

        /// - Throws: what does not fit the first line.
        func check(against wanted: Header) throws(Damage) {
            let found = header
            guard found.length == wanted.length else { throw .length }
            guard found.checksum == wanted.checksum else { throw .checksum }
            guard found.digest == wanted.digest else { throw .digest }
        }
    }

    /// A whole record in memory.
    package static func wrap(_ body: [UInt8]) -> [UInt8] {
        var measure = Measure()
        body.withUnsafeBytes { measure.update($0) }
        return measure.header.bytes + body + [lineEnd]
    }

    static let lineEnd = UInt8(ascii: "\n")
}
