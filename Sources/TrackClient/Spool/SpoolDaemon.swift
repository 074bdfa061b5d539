import FoundationEssentials
package import TrackCore

/// What a spool remembers of one daemon between two deliveries: `daemons/<digits>.json`.
package struct SpoolDaemon: Hashable, Sendable, Codable {
    /// Where it was reached.
    package let address: String
    /// Which history of its database answered last.
    package var epoch: String?
    /// Deliveries in a row that ended without success.
    package var failures = 0
    /// Before this time no delivery begins by itself.
    package var notBefore: Timestamp?
    /// Records that failed in a way that may be their own: they come last.
    package var deferred: [String] = []

    package init(address: String) { self.address = address }

    var fileName: String { SpoolDaemon.fileName(address) }

    static func fileName(_ address: String) -> String { Digest(ofText: address).hex.prefix(16) + ".json" }

    /// The time to wait for, nil when delivery may begin. One that lies further ahead than any wait is a clock's that was set back.
    func isResting(at now: Timestamp) -> Timestamp? {
        guard let notBefore, notBefore > now, notBefore <= now.adding(seconds: SpoolDaemon.longestWait) else { return nil }
        return notBefore
    }

    /// After a delivery that did not end well. `retryAfter` is what the daemon asked for, in seconds.
    mutating func rest(from now: Timestamp, retryAfter: Double?, jitter: Double) {
        failures += 1
        let own = SpoolDaemon.pauses.delay(afterFailures: failures, jitter: jitter) ?? 0
        notBefore = now.adding(seconds: min(max(own, retryAfter ?? 0), SpoolDaemon.longestWait))
    }

    mutating func succeed() {
        failures = 0
        notBefore = nil
    }

    /// 1 s to 5 min, with full jitter, and no end.
    private static let pauses = RetryPolicy(tries: .max, firstDelay: 1, longestDelay: 300)

    /// Nobody waits longer, whatever was asked for, in seconds.
    private static let longestWait = 3600.0
}

extension Spool {
    /// Every daemon that this spool spoke to.
    func daemons() throws(SystemFailure) -> [SpoolDaemon] {
        var daemons: [SpoolDaemon] = []
        for name in try files.names(in: folder(.daemons)) where name.hasSuffix(".json") {
            if let found = try load(name) { daemons.append(found) }
        }
        return daemons
    }

    /// What is known of a daemon; a file that cannot be read says nothing, and the next one replaces it.
    func daemon(_ address: String) throws(SystemFailure) -> SpoolDaemon {
        try load(SpoolDaemon.fileName(address)) ?? SpoolDaemon(address: address)
    }

    /// Changes what is known of a daemon; nothing is written when nothing changed.
    func update(_ address: String, _ change: (inout SpoolDaemon) -> Void) throws(SystemFailure) {
        let old = try daemon(address)
        var new = old
        change(&new)
        guard new != old, let bytes = try? WireCoding.encode(new, pretty: true) else { return }
        try makeFolders()
        let draft = file(.tmp, RunID.make(at: now()).description)
        try files.create(draft, Array(bytes))
        do {
            try files.move(draft, to: file(.daemons, new.fileName), in: folder(.daemons))
        } catch {
            files.remove(draft)
            throw error
        }
    }

    private func load(_ name: String) throws(SystemFailure) -> SpoolDaemon? {
        let contents = try SmallFile.contents(of: file(.daemons, name), limit: 8 << 20, followLinks: false)
        return contents.flatMap { try? WireCoding.decode(SpoolDaemon.self, from: Data($0.bytes)) }
    }
}
