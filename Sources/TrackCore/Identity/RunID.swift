package import FoundationEssentials

/// The identity of a run: a UUID of version 7 (RFC 9562), made by the client before the first attempt to send. A table that is recorded
/// has one of version 8, made from its numbers.
///
/// The first 48 bits of version 7 are milliseconds since 1970, so that ids sort by the time at which they were made.
package struct RunID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let uuid: UUID

    package init(_ uuid: UUID) { self.uuid = uuid }

    /// Reads the 36-character form; nil for anything else.
    ///
    /// Foundation's reader also takes signs and blanks in the place of digits; two spellings of one id would be two records.
    package init?(_ text: String) {
        guard text.utf8.count == 36, let uuid = UUID(uuidString: text), uuid.uuidString == text.uppercased() else { return nil }
        self.uuid = uuid
    }

    /// A new id for the given time, with 74 random bits.
    package static func make(
        at time: Timestamp, using generator: inout some RandomNumberGenerator
    ) -> RunID {
        let milliseconds = UInt64(max(0, time.milliseconds))
        let high = UInt64.random(in: .min ... .max, using: &generator)
        let low = UInt64.random(in: .min ... .max, using: &generator)
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        return RunID(
            UUID(
                uuid: (
                    byte(milliseconds, 40), byte(milliseconds, 32), byte(milliseconds, 24),
                    byte(milliseconds, 16), byte(milliseconds, 8), byte(milliseconds, 0),
                    0x70 | (byte(high, 8) & 0x0f), byte(high, 0),
                    0x80 | (byte(low, 56) & 0x3f), byte(low, 48), byte(low, 40), byte(low, 32),
                    byte(low, 24), byte(low, 16), byte(low, 8), byte(low, 0)
                )))
    }

    /// A new id for the given time from the system's random numbers.
    package static func make(at time: Timestamp) -> RunID {
        var generator = SystemRandomNumberGenerator()
        return make(at: time, using: &generator)
    }

    /// The id of a record whose content decides it: a UUID of version 8 (RFC 9562) from the first bits of a digest.
    package init(ofStatement digest: Digest) {
        let b = digest.bytes
        uuid = UUID(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], 0x80 | (b[6] & 0x0f), b[7], 0x80 | (b[8] & 0x3f), b[9], b[10], b[11], b[12], b[13],
                b[14], b[15]
            ))
    }

    /// Lower case, 36 characters.
    package var description: String { uuid.uuidString.lowercased() }

    package static func < (a: RunID, b: RunID) -> Bool { a.description < b.description }
}

extension RunID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = RunID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a run id is a UUID of 36 characters")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
