package import FoundationEssentials

/// How deep JSON from outside may be nested.
///
/// Foundation's decoder ends the process (Swift 6.3) for a text that ends with its 513th open bracket: it looks for the place of its own
/// error behind the end. Nothing that is read here is nested by more than a few levels.
package enum JSONNesting {
    package static let limit = 128

    /// Whether the decoder may see the text. It reads UTF-16 and UTF-32 too, which are told by a mark or by a zero among the first four
    /// bytes; they are refused, because brackets and quotation marks are looked for in UTF-8.
    package static func isWithinLimit(_ text: Data) -> Bool {
        text.withUnsafeBytes { bytes in
            guard !bytes.prefix(4).contains(0), !bytes.starts(with: [0xfe, 0xff]), !bytes.starts(with: [0xff, 0xfe]) else { return false }
            var depth = 0
            var isInString = false
            var isEscaped = false
            for byte in bytes {
                if isInString {
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        isInString = false
                    }
                    continue
                }
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                    if depth > limit { return false }
                case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
                default: break
                }
            }
            return true
        }
    }
}

extension JSONDecoder {
    /// `decode` for bytes that anybody may have written.
    ///
    /// - Throws: `DecodingError`
    package func decodeChecked<Value: Decodable>(_ type: Value.Type, from text: Data) throws -> Value {
        guard JSONNesting.isWithinLimit(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "is no UTF-8, or is nested deeper than \(JSONNesting.limit) levels"))
        }
        return try decode(type, from: text)
    }
}
