/// A JSON value of a file whose form differs between the versions of its writer, so that it is asked and not decoded.
package indirect enum JSONTree: Hashable, Sendable {
    case object([String: JSONTree])
    case array([JSONTree])
    case string(String)
    case number(Double)
    case bool(Bool)
    case null

    /// A member of an object; nil when it is missing, and for anything that is no object.
    package subscript(_ key: String) -> JSONTree? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    package var members: [String: JSONTree]? {
        if case .object(let members) = self { members } else { nil }
    }

    package var elements: [JSONTree]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A number, or a text that is one: several writers put numbers into quotes.
    package var number: Double? {
        switch self {
        case .number(let value): value
        case .string("inf"): .infinity
        case .string("-inf"): -.infinity
        case .string("nan"): .nan
        case .string(let text): text.utf8.allSatisfy(JSONTree.isOfANumber) ? Double(text) : nil
        default: nil
        }
    }

    /// A whole number that a double holds exactly.
    package var whole: Int64? { number.flatMap { Int64(exactly: $0) } }

    private static func isOfANumber(_ unit: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(unit) || "+-.eE".utf8.contains(unit)
    }
}

extension JSONTree {
    /// - Parameter limits: texts of files from elsewhere are as long as their documents.
    /// - Throws: ``Fault`` with the JSON pointer of what is wrong.
    package init(
        json bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits(string: 64 << 20, allowsNoncharacters: true)
    ) throws {
        self = try JSONReader.read(bytes, limits: limits) { (reader) throws(JSONRefusal) in try JSONTree(&reader) }
    }

    private init(_ reader: inout JSONReader) throws(JSONRefusal) {
        switch reader.next() {
        case UInt8(ascii: "{"):
            var members: [String: JSONTree] = [:]
            try reader.readObject { (reader, key) throws(JSONRefusal) in members[key.string] = try JSONTree(&reader) }
            self = .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONTree] = []
            try reader.readArray { (reader) throws(JSONRefusal) in elements.append(try JSONTree(&reader)) }
            self = .array(elements)
        case UInt8(ascii: "\""): self = .string(try reader.readString())
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            self = .bool(reader.next() == UInt8(ascii: "t"))
            try reader.skipValue()
        case UInt8(ascii: "n"):
            try reader.skipValue()
            self = .null
        default: self = .number(try reader.readDouble())
        }
    }
}
