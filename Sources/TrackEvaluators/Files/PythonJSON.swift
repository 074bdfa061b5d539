import FoundationEssentials
import TrackCore

/// JSON as Python's json module writes it, which has words for numbers that are not finite.
///
/// Not by `JSONDecoder.allowsJSON5`, which knows them too: in Swift 6.3 it ends the process for bytes that are no UTF-8 where a name
/// should be, and a checkpoint's files come from anywhere.
package enum PythonJSON {
    static func decode<Value: Decodable>(_ type: Value.Type, from text: Data) throws -> Value {
        try JSONDecoder().decodeChecked(type, from: standard(text))
    }

    /// `NaN`, `Infinity` and `-Infinity` outside of strings as null: nothing that is read of a checkpoint may be one of them.
    static func standard(_ text: Data) -> Data {
        var output = Data(capacity: text.count)
        var rest = text[...]
        var isInString = false
        while let byte = rest.first {
            if !isInString, "NI-".utf8.contains(byte), let word = words.first(where: rest.starts(with:)) {
                output.append(contentsOf: "null".utf8)
                rest = rest.dropFirst(word.count)
                continue
            }
            output.append(byte)
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "\"") { isInString.toggle() }
            if isInString, byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() { output.append(escaped) }
        }
        return output
    }

    /// The same as the texts that a ``JSONTree`` reads as numbers: `"nan"`, `"inf"`, `"-inf"`.
    package static func quoted(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var position = text.startIndex
        var isInString = false
        while position < text.endIndex {
            let byte = text[position]
            if !isInString, byte == UInt8(ascii: "N") || byte == UInt8(ascii: "I") || byte == UInt8(ascii: "-"),
                let index = words.firstIndex(where: { text[position...].starts(with: $0) })
            {
                output.append(contentsOf: quotedWords[index])
                position += words[index].count
                continue
            }
            if byte == UInt8(ascii: "\"") { isInString.toggle() }
            output.append(byte)
            position += 1
            if isInString, byte == UInt8(ascii: "\\"), position < text.endIndex {
                output.append(text[position])
                position += 1
            }
        }
        return output
    }

    private static let words = ["NaN", "Infinity", "-Infinity"].map { Array($0.utf8) }
    private static let quotedWords = [#""nan""#, #""inf""#, #""-inf""#].map { Array($0.utf8) }
}
