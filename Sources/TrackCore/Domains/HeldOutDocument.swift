/// One document of a domain set: the statistical unit of everything that follows.
package struct HeldOutDocument: Hashable, Sendable {
    package let domain: DomainName
    package let text: String

    package init(domain: DomainName, text: String) {
        self.domain = domain
        self.text = text
    }

    /// The identity of a document is its text: SHA-256 of its UTF-8 bytes.
    package var digest: Digest { Digest(ofText: text) }

    package var byteCount: Int { text.utf8.count }

    /// Words as lm-evaluation-harness counts them, `len(re.split(r"\s+", text))`: one more than the runs of white space.
    package var wordCount: Int { WordCount.of(text) }
}

/// Words by the rule of lm-evaluation-harness.
package enum WordCount {
    /// The number of pieces that Python's `re.split(r"\s+", text)` gives; 1 for an empty text.
    package static func of(_ text: String) -> Int {
        var runs = 0
        var inside = false
        for scalar in text.unicodeScalars {
            let space = isPythonSpace(scalar)
            if space, !inside { runs += 1 }
            inside = space
        }
        return runs + 1
    }

    /// Python's `str.isspace`, which `\s` uses: the Unicode white space and the four information separators U+001C to U+001F.
    private static func isPythonSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1c...0x1f).contains(scalar.value)
    }
}
