/// The one function through which text gets onto a page, in elements and in quoted attributes alike.
enum EscapedText {
    /// Combining marks in a row that are shown as such; a name may hold hundreds, which would paint over the lines around it.
    static let marksInARow = 4

    static func of(_ text: String) -> String {
        var output = ""
        append(text, to: &output)
        return output
    }

    /// Appends `text` with markup characters as entities. Characters that would be invisible or change the order of the text around
    /// them (controls, bidirectional overrides, zero-width characters, unassigned and private ones) are shown as `\u{202E}`.
    static func append(_ text: String, to output: inout String) {
        if text.utf8.allSatisfy(isPlain) {
            output += text
            return
        }
        var marks = 0
        for scalar in text.unicodeScalars {
            marks = isMark(scalar) ? marks + 1 : 0
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            default:
                if marks > marksInARow || isHidden(scalar) {
                    output += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
                } else {
                    output.unicodeScalars.append(scalar)
                }
            }
        }
    }

    /// Printable ASCII without a meaning in HTML.
    private static func isPlain(_ unit: UInt8) -> Bool {
        guard unit >= 0x20, unit < 0x7f else { return false }
        switch unit {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): return false
        default: return true
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark: true
        default: false
        }
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}
