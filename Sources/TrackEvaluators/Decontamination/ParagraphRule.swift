/// Which paragraphs are looked for in training text: Paloma's rule (section 3.1 of arXiv 2312.10523; the code is allenai/dolma,
/// `configs/dolma-v1_5/decontamination` and the taggers `uniseg_length_paragraphs` and `not_alphanum_paragraph`).
///
/// A paragraph is a span between line feeds, without the white space at its ends, so that the line ends of another system do not matter.
/// It counts when it has at least 13 words, marks included, by the word boundaries of Unicode (UAX #29), and a letter or a digit.
package enum ParagraphRule {
    package static let minimumWords = 13

    static func counts(_ paragraph: String) -> Bool {
        hasWords(paragraph, atLeast: minimumWords) && paragraph.unicodeScalars.contains(where: isLetterOrNumber)
    }

    /// Whether at least so many pieces between two word boundaries hold more than white space.
    static func hasWords(_ paragraph: String, atLeast minimum: Int) -> Bool {
        // Every run between blanks has at least one word, and no word has more pieces than characters: most are decided by that.
        if runs(of: paragraph, upTo: minimum) >= minimum { return true }
        guard paragraph.unicodeScalars.count >= minimum else { return false }
        let piece = #/.+?\b/#.dotMatchesNewlines()
        var rest = Substring(paragraph)
        var words = 0
        while !rest.isEmpty, words < minimum {
            let end = rest.prefixMatch(of: piece)?.range.upperBound ?? rest.endIndex
            if !rest[..<end].unicodeScalars.allSatisfy(\.properties.isWhitespace) { words += 1 }
            rest = rest[end...]
        }
        return words >= minimum
    }

    /// Runs between ASCII white space; other white space may stand inside a word (U+202F does).
    private static func runs(of paragraph: String, upTo limit: Int) -> Int {
        var runs = 0
        var isInside = false
        for byte in paragraph.utf8 {
            let isBlank = ParagraphCutter.isBlank(byte)
            if !isBlank, !isInside {
                runs += 1
                if runs >= limit { break }
            }
            isInside = !isBlank
        }
        return runs
    }

    private static func isLetterOrNumber(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber,
            .otherNumber:
            true
        default: false
        }
    }
}
