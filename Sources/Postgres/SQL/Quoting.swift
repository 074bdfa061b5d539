/// Every place where a value has to become text inside another text. Each function is the inverse of how PostgreSQL or libpq reads it.
enum Quoting {
    /// A SQL identifier: `name` → `"name"`.
    static func identifier(_ name: String) -> String {
        var quoted = "\""
        for character in name.unicodeScalars {
            if character == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }

    /// A value in a libpq connection string: `it's` → `'it\'s'`.
    static func connectionValue(_ value: String) -> String {
        var quoted = "'"
        for character in value.unicodeScalars {
            if character == "'" || character == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "'"
    }

    /// One word of the start-up `options`: the server splits them at white space that no backslash precedes.
    static func startupOption(_ word: String) -> String {
        var quoted = ""
        for character in word.unicodeScalars {
            if character == "\\" || character.properties.isWhitespace { quoted += "\\" }
            quoted.unicodeScalars.append(character)
        }
        return quoted
    }

    /// An array literal of text elements, all of them quoted: `["a", "b\"c"]` → `{"a","b\"c"}`.
    static func array(_ elements: some Sequence<String>) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for element in elements {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            for byte in element.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends a value to a line of COPY in text format.
    static func appendCopyText(_ value: String, to line: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): line += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\r"): line += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case UInt8(ascii: "\t"): line += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            default: line.append(byte)
            }
        }
    }
}
