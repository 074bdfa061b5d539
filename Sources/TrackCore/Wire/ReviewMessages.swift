/// `GET /v1/alerts`
package struct AlertView: Sendable, Codable, Identifiable {
    package enum State: String, Sendable, Codable { case firing, resolved }

    package var id: Int64
    package var rule: String
    package var lineage: String
    package var state: State
    package var openedAt: Timestamp
    package var lastSeenAt: Timestamp
    package var resolvedAt: Timestamp?
    /// One sentence.
    package var summary: String
    package var checkpoint: String
    /// The runs that show it.
    package var runs: [RunID]
    package var events: [AlertEventView]
    package var notifications: [NotificationView]

    package init(
        id: Int64, rule: String, lineage: String, state: State, openedAt: Timestamp, lastSeenAt: Timestamp, resolvedAt: Timestamp?,
        summary: String, checkpoint: String, runs: [RunID], events: [AlertEventView], notifications: [NotificationView]
    ) {
        self.id = id
        self.rule = rule
        self.lineage = lineage
        self.state = state
        self.openedAt = openedAt
        self.lastSeenAt = lastSeenAt
        self.resolvedAt = resolvedAt
        self.summary = summary
        self.checkpoint = checkpoint
        self.runs = runs
        self.events = events
        self.notifications = notifications
    }
}

package struct AlertEventView: Sendable, Codable {
    package var at: Timestamp
    package var kind: String
    package var summary: String

    package init(at: Timestamp, kind: String, summary: String) {
        self.at = at
        self.kind = kind
        self.summary = summary
    }
}

package struct NotificationView: Sendable, Codable {
    package enum State: String, Sendable, Codable { case pending, delivered, failed }

    package var sink: String
    package var kind: String
    package var state: State
    package var attempts: Int
    package var deliveredAt: Timestamp?
    package var lastError: String?

    package init(sink: String, kind: String, state: State, attempts: Int, deliveredAt: Timestamp?, lastError: String?) {
        self.sink = sink
        self.kind = kind
        self.state = state
        self.attempts = attempts
        self.deliveredAt = deliveredAt
        self.lastError = lastError
    }
}

/// `POST /v1/scorecards`: render and publish now.
package struct ReportRequest: Sendable, Codable {
    /// All lineages when nil.
    package var lineage: String?
    /// An ISO week, `2026-W47`; the present one (UTC) when nil.
    package var week: String?

    package init(lineage: String?, week: String?) {
        self.lineage = lineage
        self.week = week
    }
}

/// A published scorecard.
package struct ScorecardView: Sendable, Codable {
    package var lineage: String
    package var week: String
    /// The verdict in one sentence.
    package var sentence: String
    /// Where the daemon published it on its own disk.
    package var htmlPath: String
    package var jsonPath: String
    package var digest: Digest
    package var publishedAt: Timestamp

    package init(
        lineage: String, week: String, sentence: String, htmlPath: String, jsonPath: String, digest: Digest, publishedAt: Timestamp
    ) {
        self.lineage = lineage
        self.week = week
        self.sentence = sentence
        self.htmlPath = htmlPath
        self.jsonPath = jsonPath
        self.digest = digest
        self.publishedAt = publishedAt
    }
}

/// `GET /v1/status`
package struct StatusView: Sendable, Codable {
    package var version: String
    package var startedAt: Timestamp
    package var schemaVersion: Int
    package var epoch: Epoch
    package var checkpoints: Int
    package var runs: Int
    package var jobs: [String: Int]
    package var workers: Int
    package var firingAlerts: Int
    package var nextSlotAt: Timestamp?
    /// What a person should look at, a sentence each.
    package var attention: [String]

    package init(
        version: String, startedAt: Timestamp, schemaVersion: Int, epoch: Epoch, checkpoints: Int, runs: Int, jobs: [String: Int],
        workers: Int, firingAlerts: Int, nextSlotAt: Timestamp?, attention: [String]
    ) {
        self.version = version
        self.startedAt = startedAt
        self.schemaVersion = schemaVersion
        self.epoch = epoch
        self.checkpoints = checkpoints
        self.runs = runs
        self.jobs = jobs
        self.workers = workers
        self.firingAlerts = firingAlerts
        self.nextSlotAt = nextSlotAt
        self.attention = attention
    }
}
