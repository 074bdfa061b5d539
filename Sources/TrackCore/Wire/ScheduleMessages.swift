/// `POST /v1/schedules`: a weekly schedule; the same name again edits it, and its next slot is computed from now.
package struct ScheduleRequest: Sendable, Codable {
    package var name: String
    /// `UTC` or an Area/City name of the tz database.
    package var timeZone: String
    /// 1 is Monday, 7 is Sunday.
    package var isoWeekday: Int
    /// `HH:MM`, wall clock in the zone.
    package var at: String
    package var domainSet: String
    /// The lineages whose checkpoints are re-evaluated; empty means all of them.
    package var lineages: [String]
    package var enabled: Bool

    package init(name: String, timeZone: String, isoWeekday: Int, at: String, domainSet: String, lineages: [String], enabled: Bool) {
        self.name = name
        self.timeZone = timeZone
        self.isoWeekday = isoWeekday
        self.at = at
        self.domainSet = domainSet
        self.lineages = lineages
        self.enabled = enabled
    }
}

package struct ScheduleView: Sendable, Codable {
    package var name: String
    package var timeZone: String
    package var isoWeekday: Int
    package var at: String
    package var domainSet: String
    package var lineages: [String]
    package var enabled: Bool
    /// The local date of the next slot, `2026-11-23`.
    package var nextSlot: String
    package var nextAt: Timestamp
    /// Newest first, at most 20.
    package var occurrences: [OccurrenceView]

    package init(
        name: String, timeZone: String, isoWeekday: Int, at: String, domainSet: String, lineages: [String], enabled: Bool, nextSlot: String,
        nextAt: Timestamp, occurrences: [OccurrenceView]
    ) {
        self.name = name
        self.timeZone = timeZone
        self.isoWeekday = isoWeekday
        self.at = at
        self.domainSet = domainSet
        self.lineages = lineages
        self.enabled = enabled
        self.nextSlot = nextSlot
        self.nextAt = nextAt
        self.occurrences = occurrences
    }
}

/// What was decided for one slot; every slot leaves one.
package struct OccurrenceView: Sendable, Codable {
    package enum Outcome: String, Sendable, Codable {
        case fired, missed
        case skippedOverlap = "skipped_overlap"
        case skippedPaused = "skipped_paused"
    }

    package var slot: String
    package var dueAt: Timestamp
    package var outcome: Outcome
    package var decidedAt: Timestamp
    package var lateBySeconds: Double
    package var jobs: Int
    package var jobsDone: Int
    /// What became of the refresh of the domain set; nil when none was due.
    package var refresh: String?

    package init(
        slot: String, dueAt: Timestamp, outcome: Outcome, decidedAt: Timestamp, lateBySeconds: Double, jobs: Int, jobsDone: Int
    ) {
        self.slot = slot
        self.dueAt = dueAt
        self.outcome = outcome
        self.decidedAt = decidedAt
        self.lateBySeconds = lateBySeconds
        self.jobs = jobs
        self.jobsDone = jobsDone
    }
}
