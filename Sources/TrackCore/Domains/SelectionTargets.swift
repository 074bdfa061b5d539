/// How much was drawn from every domain and every source of a set: whole documents, until an amount was reached.
package struct SelectionTargets: Hashable, Sendable, Codable {
    package enum Unit: String, Sendable, Codable {
        /// Of UTF-8.
        case bytes
        case tokens
    }

    package let unit: Unit
    /// Nil: nothing was asked of a domain alone.
    package let perDomain: Int64?
    /// Nil: nothing was asked of a source as a whole.
    package let perSource: Int64?
    /// SHA-256 of the `tokenizer.json` that counted; nil where bytes were counted.
    package let tokenizer: Digest?

    package init(unit: Unit, perDomain: Int64?, perSource: Int64?, tokenizer: Digest? = nil) {
        self.unit = unit
        self.perDomain = perDomain
        self.perSource = perSource
        self.tokenizer = tokenizer
    }
}
