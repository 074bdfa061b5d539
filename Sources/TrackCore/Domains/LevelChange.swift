/// One unchanged checkpoint on a refreshed revision and on the one that it replaced, under one protocol: what the documents alone do to a
/// perplexity. Levels on two sides of a refresh are chained by it.
package struct LevelChange: Hashable, Sendable, Codable {
    package struct Level: Hashable, Sendable, Codable {
        /// `name@number`
        package var domainSet: String
        package var run: RunID
        /// The geometric mean of the domains' perplexities, every domain counting the same.
        package var perplexity: Double

        package init(domainSet: String, run: RunID, perplexity: Double) {
            self.domainSet = domainSet
            self.run = run
            self.perplexity = perplexity
        }
    }

    /// `lineage/name`
    package var checkpoint: String
    package var before: Level
    package var after: Level
    /// Domains in both means: those that both revisions have, with finite values.
    package var domains: Int
    /// ln of the later level over the earlier one.
    package var theta: Double

    package init(checkpoint: String, before: Level, after: Level, domains: Int, theta: Double) {
        self.checkpoint = checkpoint
        self.before = before
        self.after = after
        self.domains = domains
        self.theta = theta
    }
}
