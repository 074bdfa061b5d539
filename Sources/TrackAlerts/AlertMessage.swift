package import TrackCore
package import TrackStore

/// The body of a notification: an event in the form of Standard Webhooks.
package struct AlertMessage: Hashable, Sendable, Codable {
    package struct Detail: Hashable, Sendable, Codable {
        package var alertId: Int64
        /// The same for every alert of this rule on this lineage.
        package var fingerprint: Digest
        package var rule: String
        package var lineage: String
        /// `lineage/name`
        package var checkpoint: String
        /// One sentence: why it fires, or why it does no more.
        package var summary: String
        /// Change of the mean in-domain perplexity against the baseline, 100 · (ratio − 1).
        package var inDomainChangePercent: Double?
        /// The same over the OOD domains.
        package var oodChangePercent: Double?
        package var regressedDomains: [DomainName]
        /// The runs that show it.
        package var runs: [RunID]
        package var openedAt: Timestamp

        package init(
            alertId: Int64, fingerprint: Digest, rule: String, lineage: String, checkpoint: String, summary: String,
            inDomainChangePercent: Double?, oodChangePercent: Double?, regressedDomains: [DomainName], runs: [RunID], openedAt: Timestamp
        ) {
            self.alertId = alertId
            self.fingerprint = fingerprint
            self.rule = rule
            self.lineage = lineage
            self.checkpoint = checkpoint
            self.summary = summary
            self.inDomainChangePercent = inDomainChangePercent
            self.oodChangePercent = oodChangePercent
            self.regressedDomains = regressedDomains
            self.runs = runs
            self.openedAt = openedAt
        }
    }

    package var type: NotificationKind
    /// When it happened, not when it is sent.
    package var timestamp: Timestamp
    package var data: Detail

    package init(type: NotificationKind, timestamp: Timestamp, data: Detail) {
        self.type = type
        self.timestamp = timestamp
        self.data = data
    }

    /// One line of JSON.
    package func body() throws -> String {
        String(decoding: try WireCoding.encode(self), as: UTF8.self)
    }
}
