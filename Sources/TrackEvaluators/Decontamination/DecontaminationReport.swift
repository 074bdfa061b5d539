package import TrackCore

/// What a check against training text found, in full.
package struct DecontaminationReport: Hashable, Sendable, Codable {
    package struct Domain: Hashable, Sendable, Codable {
        package let name: DomainName
        package let documents: Int
        package let documentsFound: Int
        /// Documents without a paragraph that is long enough to be looked for.
        package let documentsUnchecked: Int
        /// Different ones.
        package let paragraphs: Int
        package let paragraphsFound: Int
        /// Places in the training text, a few.
        package let examples: [String]
    }

    /// A document of the set with a paragraph of the training text.
    package struct Document: Hashable, Sendable, Codable {
        package let domain: DomainName
        package let digest: Digest
        package let paragraphs: Int
        package let paragraphsFound: Int
        /// In the training text, of its first paragraph that was found: `file:line`.
        package let place: String
    }

    package struct Filter: Hashable, Sendable, Codable {
        package let bytes: Int
        /// Bits that are looked at for one paragraph.
        package let probes: Int
        /// What it was made for.
        package let falsePositiveRate: Double
        /// Paragraphs of the training text that passed it, and those of them that were the set's.
        package let passed: Int
        package let confirmed: Int
    }

    package let check: Decontamination
    package let filter: Filter
    package let domains: [Domain]
    package let documents: [Document]
    /// Files below the named places that nobody has looked into.
    package let otherFiles: [String]
    /// Lines of JSON that are damaged.
    package let brokenLines: Int

    /// What a person should know, a sentence each.
    package var notes: [String] {
        var notes: [String] = []
        if !otherFiles.isEmpty {
            let names = otherFiles.prefix(5).joined(separator: ", ") + (otherFiles.count > 5 ? ", …" : "")
            let files = otherFiles.count == 1 ? "1 file of the training text was" : "\(otherFiles.count) files of the training text were"
            notes.append("\(files) of no kind that is read: \(names)")
        }
        if brokenLines > 0 { notes.append("\(brokenLines) damaged lines of JSON in the training text were read as far as they go.") }
        if check.documentsUnchecked > 0 {
            let documents = check.documentsUnchecked == 1 ? "document has" : "documents have"
            notes.append(
                "\(check.documentsUnchecked) \(documents) no paragraph of \(check.minimumWords) words or more: they could not be looked for.")
        }
        return notes
    }
}
