/// Text of outside, a token's for example, so that a person sees all of it and it can do nothing to the line that it stands in: what is
/// invisible, or would move a cursor or the order of the text around it, is spelled out.
package enum VisibleText {
    /// A token by itself: blanks, tabs and line ends have a sign too.
    package static func token(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case " ": shown += "␣"
            case "\n": shown += "⏎"
            case "\t": shown += "⇥"
            default: append(scalar, to: &shown)
            }
        }
        return shown.isEmpty ? "∅" : shown
    }

    /// A piece of running text: blanks are blanks, and a line end has its sign and ends the line.
    package static func running(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": shown += "⏎\n"
            case "\t": shown += "⇥\t"
            default: append(scalar, to: &shown)
            }
        }
        return shown
    }

    private static func append(_ scalar: Unicode.Scalar, to shown: inout String) {
        if isHidden(scalar) {
            shown += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
        } else {
            shown.unicodeScalars.append(scalar)
        }
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}
