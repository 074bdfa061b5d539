package import FoundationEssentials
import Crypto

/// A SHA-256 digest: 32 bytes, written `sha256:` and 64 hexadecimal digits.
package struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Exactly 32 bytes.
    package let bytes: [UInt8]

    /// Nil unless there are exactly 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// The digest of the given bytes.
    package init(of data: some DataProtocol) {
        bytes = Array(SHA256.hash(data: data))
    }

    /// The digest of a text's UTF-8 bytes.
    package init(ofText text: String) {
        self.init(of: Array(text.utf8))
    }

    /// Reads `sha256:<64 hex digits>` or the digits alone; nil for anything else.
    package init?(_ text: String) {
        let digits = text.hasPrefix("sha256:") ? text.dropFirst(7) : Substring(text)
        guard digits.utf8.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for unit in digits.utf8 {
            guard let value = Digest.value(ofHexDigit: unit) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits, without the prefix.
    package var hex: String {
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The first twelve hexadecimal digits: enough for a person to tell two apart.
    package var short: String { String(hex.prefix(12)) }

    package var description: String { "sha256:" + hex }

    package static func < (a: Digest, b: Digest) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

    private static func value(ofHexDigit unit: UInt8) -> UInt8? {
        switch unit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): unit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): unit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): unit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Digest: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a digest is written sha256: and 64 hexadecimal digits")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A SHA-256 computed piece by piece, for things that are too large to hold.
package struct DigestStream {
    private var hasher = SHA256()

    package init() {}

    package mutating func update(_ bytes: some DataProtocol) { hasher.update(data: bytes) }

    package mutating func update(text: String) { hasher.update(data: Array(text.utf8)) }

    package mutating func update(pointer: UnsafeRawBufferPointer) { hasher.update(bufferPointer: pointer) }

    /// The digest of everything given so far.
    package func finish() -> Digest { Digest(of: hasher.finalize()) }
}

extension Digest {
    fileprivate init(of finished: SHA256.Digest) { bytes = Array(finished) }
}
