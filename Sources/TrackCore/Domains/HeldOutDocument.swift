/// One document of a domain set: the statistical unit of everything that follows.
package struct HeldOutDocument: Hashable, Sendable {
    package let domain: DomainName
    package let content: DocumentContent

    package init(domain: DomainName, content: DocumentContent) {
        self.domain = domain
        self.content = content
    }

    package init(domain: DomainName, text: String) { self.init(domain: domain, content: .text(text)) }

    /// The identity of a document is its content.
    package var digest: Digest { content.digest }
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
        // The tables of Unicode are asked only where they know more.
        guard scalar.value >= 0x80 else { return (0x09...0x0d).contains(scalar.value) || (0x1c...0x20).contains(scalar.value) }
        return scalar.properties.isWhitespace
    }
}
