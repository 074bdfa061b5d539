/// The canonical form that digests are computed over: typed values, keys sorted by their UTF-8 bytes, no white space,
/// shortest round-trip doubles.
///
/// It is its own writer and not `JSONEncoder`, because a digest is kept for ever and must not move with a library.
package indirect enum CanonicalJSON: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Finite values as Swift's shortest round-trip form; the others as the strings `"inf"`, `"-inf"`, `"nan"`.
    case double(Double)
    case string(String)
    case integers([Int64])
    case doubles([Double])
    case array([CanonicalJSON])
    case object([String: CanonicalJSON])

    /// Null for nil.
    package static func optional<T>(_ value: T?, _ make: (T) -> CanonicalJSON) -> CanonicalJSON {
        value.map(make) ?? .null
    }

    package var bytes: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    package var digest: Digest { Digest(of: bytes) }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): CanonicalJSON.write(value, to: &output)
        case .double(let value): CanonicalJSON.write(value, to: &output)
        case .string(let value): CanonicalJSON.write(value, to: &output)
        case .integers(let values):
            CanonicalJSON.writeList(values, to: &output) { CanonicalJSON.write($0, to: &$1) }
        case .doubles(let values):
            CanonicalJSON.writeList(values, to: &output) { CanonicalJSON.write($0, to: &$1) }
        case .array(let values):
            CanonicalJSON.writeList(values, to: &output) { $0.write(to: &$1) }
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                CanonicalJSON.write(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func writeList<T>(_ values: [T], to output: inout [UInt8], _ write: (T, inout [UInt8]) -> Void) {
        output.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            write(value, &output)
        }
        output.append(UInt8(ascii: "]"))
    }

    /// The digits of a whole number, without a string in between: counts are the commonest values that there are.
    static func write(_ value: Int64, to output: inout [UInt8]) {
        if value < 0 { output.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        // 2^63 has 19 digits.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 19) { digits in
            var start = digits.count
            repeat {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                start -= 1
                digits.initializeElement(at: start, to: UInt8(ascii: "0") + UInt8(digit))
                rest = quotient
            } while rest > 0
            output.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    static func write(_ value: Double, to output: inout [UInt8]) {
        if value.isFinite {
            output.append(contentsOf: value.description.utf8)
        } else {
            write(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf", to: &output)
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for unit in text.utf8 {
            switch unit {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(unit)
            case 0..<0x20:
                output.append(contentsOf: "\\u00".utf8)
                output.append(digits[Int(unit >> 4)])
                output.append(digits[Int(unit & 15)])
            default: output.append(unit)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
