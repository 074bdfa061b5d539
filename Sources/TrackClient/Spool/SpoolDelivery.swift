/// What one round of delivery did.
package struct SpoolDelivery: Sendable, Codable {
    package var sent = 0
    package var quarantined: [Refusal] = []
    /// What this client's token may not record; it waits for somebody who may.
    package var refused: [Refusal] = []
    /// Records that still wait, with this process or another.
    package var waiting = 0
    /// Why delivery ended before the last record.
    package var stopped: String?

    package struct Refusal: Hashable, Sendable, Codable {
        /// The file; in `quarantine` the reason is beside it in `<file>.reason.json`.
        package let file: String
        package let reason: String
    }
}

/// The content of `<file>.reason.json`.
struct QuarantineReason: Codable {
    let at: String
    let reason: String
    /// The HTTP status of the refusal; nil when the file itself is damaged.
    let status: Int?
}
