/// Reads arrays whose elements are of any length, in both formats.
enum TextArray {
    /// - Parameter element: makes an element from its bytes and its type. In text the type is not known and given as `text`.
    static func decode<Element>(
        _ bytes: RawSpan, format: SQLFormat, _ element: (RawSpan, SQLType) throws(SQLDecodingFailure) -> Element
    ) throws(SQLDecodingFailure) -> [Element] {
        switch format {
        case .text: try decodeLiteral(bytes, element)
        case .binary: try decodeBinary(bytes, element)
        }
    }

    /// See ``NumericArray`` for the layout.
    private static func decodeBinary<Element>(
        _ bytes: RawSpan, _ element: (RawSpan, SQLType) throws(SQLDecodingFailure) -> Element
    ) throws(SQLDecodingFailure) -> [Element] {
        var offset = 0
        func int32() throws(SQLDecodingFailure) -> Int {
            guard offset + 4 <= bytes.byteCount else { throw SQLDecodingFailure("is too short for an array") }
            defer { offset += 4 }
            return unsafe Int(Int32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self)))
        }
        let dimensions = try int32()
        _ = try int32()
        let type = SQLType(rawValue: UInt32(truncatingIfNeeded: try int32()))
        if dimensions == 0 { return [] }
        guard dimensions == 1 else { throw SQLDecodingFailure("has more than one dimension") }
        let count = try int32()
        _ = try int32()
        var elements: [Element] = []
        for _ in 0..<count {
            let length = try int32()
            guard length >= 0 else { throw SQLDecodingFailure("has a NULL element") }
            guard offset + length <= bytes.byteCount else { throw SQLDecodingFailure("is too short for an array") }
            elements.append(try element(bytes.extracting(offset..<offset + length), type))
            offset += length
        }
        return elements
    }

    /// Reads `{a,"b \"c\"",NULL}` as `array_out` writes it.
    private static func decodeLiteral<Element>(
        _ bytes: RawSpan, _ element: (RawSpan, SQLType) throws(SQLDecodingFailure) -> Element
    ) throws(SQLDecodingFailure) -> [Element] {
        let text = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        guard text.count >= 2, text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}") else {
            throw SQLDecodingFailure("is not an array of one dimension")
        }
        if text.count == 2 { return [] }
        var elements: [Element] = []
        var current: [UInt8] = []
        var isQuoted = false
        var wasQuoted = false
        var index = 1
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\\"):
                index += 1
                guard index < text.count else { throw SQLDecodingFailure("ends inside an array element") }
                current.append(text[index])
            case UInt8(ascii: "\""):
                isQuoted.toggle()
                wasQuoted = true
            case UInt8(ascii: "{") where !isQuoted:
                throw SQLDecodingFailure("has more than one dimension")
            case UInt8(ascii: ",") where !isQuoted, UInt8(ascii: "}") where !isQuoted:
                if !wasQuoted, current == Array("NULL".utf8) { throw SQLDecodingFailure("has a NULL element") }
                elements.append(try element(unsafe current.span.bytes, .text))
                current.removeAll(keepingCapacity: true)
                wasQuoted = false
            default:
                current.append(byte)
            }
            index += 1
        }
        return elements
    }
}
