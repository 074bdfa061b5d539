/// What a look at a domain set beside training text found: which of its documents a model may have been trained on. It is the first of
/// Paloma's guidelines for comparable perplexities, turned round: Paloma takes documents out of the training text, track out of the set.
package struct Decontamination: Hashable, Sendable, Codable {
    /// What was done with the documents that were found.
    package enum Treatment: String, Sendable, Codable, CaseIterable {
        /// They are not in the revision.
        case drop
        /// They are still in it.
        case keep
    }

    /// Revision of the rule that says what a paragraph is and when it counts.
    package static let rule = 1

    package var rule: Int
    /// Places of the training text as they were named.
    package var against: [String]
    /// Of the training text, wherever it lies: SHA-256 over the digests of its files' unpacked contents, sorted.
    package var digest: Digest
    package var files: Int
    /// Of the training text, unpacked.
    package var bytes: Int64
    /// A shorter paragraph was not looked for: words and marks by Unicode's word boundaries.
    package var minimumWords: Int
    /// Of the filter that every paragraph of the training text had to pass first. What passed was compared by SHA-256, so that no
    /// document was taken for another.
    package var falsePositiveRate: Double
    /// Different paragraphs that were looked for, and how many of them the training text has.
    package var paragraphs: Int
    package var paragraphsFound: Int
    /// Documents that were looked at, and those with a paragraph of the training text.
    package var documents: Int
    package var documentsFound: Int
    /// Documents without a paragraph that is long enough to be looked for: nothing is known of them.
    package var documentsUnchecked: Int
    package var treatment: Treatment
    /// By the clock of the machine that looked.
    package var checkedAt: Timestamp

    package init(
        rule: Int = Decontamination.rule, against: [String], digest: Digest, files: Int, bytes: Int64, minimumWords: Int,
        falsePositiveRate: Double, paragraphs: Int, paragraphsFound: Int, documents: Int, documentsFound: Int, documentsUnchecked: Int,
        treatment: Treatment, checkedAt: Timestamp
    ) {
        self.rule = rule
        self.against = against
        self.digest = digest
        self.files = files
        self.bytes = bytes
        self.minimumWords = minimumWords
        self.falsePositiveRate = falsePositiveRate
        self.paragraphs = paragraphs
        self.paragraphsFound = paragraphsFound
        self.documents = documents
        self.documentsFound = documentsFound
        self.documentsUnchecked = documentsUnchecked
        self.treatment = treatment
        self.checkedAt = checkedAt
    }

    /// Whether no document of the revision is known to be in the training text.
    package var isClean: Bool { treatment == .drop || documentsFound == 0 }
}
