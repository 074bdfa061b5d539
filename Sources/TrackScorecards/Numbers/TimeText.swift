import TrackCore

/// Moments as a page shows them, in UTC and to the minute.
enum TimeText {
    /// `2026-11-23 05:41`.
    static func minute(_ time: Timestamp) -> String {
        let text = time.description
        return String(text.prefix(10)) + " " + String(text.dropFirst(11).prefix(5))
    }
}
