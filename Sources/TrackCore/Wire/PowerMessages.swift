/// `GET /v1/domain-sets/{name}/revisions/{number}/power`: how small a change each domain of a revision can show.
package struct RevisionPower: Hashable, Sendable, Codable {
    /// Where the spread behind a minimal detectable effect comes from.
    package enum Basis: String, Sendable, Codable {
        /// The newest two checkpoints of one lineage that were evaluated on this revision, paired by document.
        case pair
        /// The spread that Paloma published for C4, and an assumed correlation between two checkpoints.
        case published
    }

    package struct Domain: Hashable, Sendable, Codable {
        package var name: DomainName
        package var documents: Int
        /// UTF-8 bytes.
        package var bytes: Int64
        /// Scored tokens of the newest run on the revision; nil when there is none.
        package var tokens: Int64?
        /// Kish's n_eff, (ΣT)²/ΣT²: as many documents of equal length would know as much.
        package var effectiveDocuments: Double
        /// The share of the longest document, 0 to 1.
        package var largestShare: Double
        /// The smallest change that the domain shows with the stated power, the margin included, as a log ratio of perplexities.
        package var minimalDetectable: Double?
        package var basis: Basis?
        /// What a person should know, a sentence each.
        package var warnings: [String]

        package init(
            name: DomainName, documents: Int, bytes: Int64, tokens: Int64?, effectiveDocuments: Double, largestShare: Double,
            minimalDetectable: Double?, basis: Basis?, warnings: [String]
        ) {
            self.name = name
            self.documents = documents
            self.bytes = bytes
            self.tokens = tokens
            self.effectiveDocuments = effectiveDocuments
            self.largestShare = largestShare
            self.minimalDetectable = minimalDetectable
            self.basis = basis
            self.warnings = warnings
        }
    }

    package var revision: DomainSetRevision
    /// Whose tokens are counted; nil when the revision was never evaluated.
    package var run: RunID?
    /// The checkpoint of that run, and the one that it is paired with.
    package var checkpoint: String?
    package var reference: String?
    package var domains: [Domain]
    /// How the numbers are to be read, a sentence each.
    package var statements: [String]
    /// Lineages' baselines on this refreshed revision and on the one before; nil for none.
    package var levelChanges: [LevelChange]?

    package init(
        revision: DomainSetRevision, run: RunID?, checkpoint: String?, reference: String?, domains: [Domain], statements: [String]
    ) {
        self.revision = revision
        self.run = run
        self.checkpoint = checkpoint
        self.reference = reference
        self.domains = domains
        self.statements = statements
    }
}
