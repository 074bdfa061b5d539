import TrackCore

/// What becomes of the newest slot that is due.
enum SlotDecision {
    /// - Parameters:
    ///   - lateBy: seconds since the slot was due.
    ///   - window: seconds within which a late slot still fires.
    ///   - isBusy: a job of an earlier slot is unfinished. Firing would double the load, so the slot is skipped, and a row says so.
    static func outcome(lateBy: Double, window: Double, isBusy: Bool) -> OccurrenceView.Outcome {
        if lateBy > window { return .missed }
        return isBusy ? .skippedOverlap : .fired
    }
}
