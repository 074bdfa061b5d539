/// `POST /v1/domain-sets/{name}/refresh`: makes the next revision from a folder of the daemon's machine, now or at every
/// slot of a schedule.
package struct RefreshRequest: Hashable, Sendable, Codable {
    /// What becomes of the documents that the newest revision has.
    package enum Keep: String, Sendable, Codable, CaseIterable {
        /// They stay, and those of the folder that are new join them.
        case all
        /// Only what lies in the folder is in the next revision.
        case none
    }

    package enum When: String, Sendable, Codable, CaseIterable {
        /// Once, at this moment.
        case now
        /// At every weekly slot on this set from now on.
        case everySlot = "every_slot"
        /// At no slot any more.
        case never
    }

    /// Absolute, on the daemon's machine, in a layout of `track domains add`. Needed unless `when` is never.
    package var folder: String?
    package var keep: Keep
    package var when: When

    package init(folder: String?, keep: Keep, when: When) {
        self.folder = folder
        self.keep = keep
        self.when = when
    }
}

package struct RefreshResponse: Hashable, Sendable, Codable {
    /// The newest revision afterwards.
    package var revision: DomainSetRevision
    /// Whether the refresh made it.
    package var created: Bool
    /// Documents that the revision before did not have.
    package var fresh: Int
    /// What a person should know, a sentence each.
    package var notes: [String]
    /// Lineages' baselines on the newest revision and on the one that it replaced; nil for none.
    package var levelChanges: [LevelChange]?

    package init(revision: DomainSetRevision, created: Bool, fresh: Int, notes: [String]) {
        self.revision = revision
        self.created = created
        self.fresh = fresh
        self.notes = notes
    }
}
