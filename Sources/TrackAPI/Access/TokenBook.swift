import Synchronization
package import TrackCore
package import TrackStore

/// Tells as whom a token lets somebody in.
///
/// What the database says of a token is believed for some seconds, so that a busy client costs no query per request. A revocation
/// through this daemon takes effect at once; one through another daemon on the same database after those seconds. An attempt's token is
/// looked up every time, because it ends in more ways than one.
package final class TokenBook: Sendable {
    private struct Page {
        let token: RecordedToken
        let readAt: ContinuousClock.Instant
    }

    private struct State {
        var pages: [String: Page] = [:]
        /// Rises with every revocation: what was read before one is not written down after it.
        var edition = 0
    }

    /// How long a page is believed.
    package static let lifetime: Duration = .seconds(5)

    private let state = Mutex(State())
    private let find: @Sendable (_ id: String) async throws -> RecordedToken?
    private let noteUse: @Sendable (_ id: String) -> Void
    private let now: @Sendable () -> Timestamp
    private let clock: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - noteUse: called, without waiting, with a token that was not yet noted as used in this hour; more than once if need be.
    ///   - now: the time by which tokens expire.
    package init(
        find: @escaping @Sendable (_ id: String) async throws -> RecordedToken?, noteUse: @escaping @Sendable (_ id: String) -> Void,
        now: @escaping @Sendable () -> Timestamp, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.find = find
        self.noteUse = noteUse
        self.now = now
        self.clock = clock
    }

    /// - Parameter text: a token as it was shown.
    /// - Throws: ``Problem`` when it lets nobody in; only to who knows its secret it says why.
    package func principal(showing text: String) async throws -> Principal {
        guard let token = AccessToken(text) else { throw Self.unknown }
        let recorded = try await recorded(token.id)
        // Compared also when there is nothing to compare with, so that the time of the answer does not tell which ids there are.
        guard token.isProved(by: recorded?.digest ?? Self.nobody), let recorded else { throw Self.unknown }
        if let at = recorded.revokedAt { throw Self.ended("was revoked at \(at)", recorded) }
        if let at = recorded.expiresAt, at <= now() { throw Self.ended("expired at \(at)", recorded) }
        if recorded.hasAttemptEnded { throw Self.ended("ended with its attempt", recorded) }
        return Principal(recorded)
    }

    /// Forgets a token, in the moment of its revocation.
    package func forget(_ id: String) {
        state.withLock {
            $0.pages[id] = nil
            $0.edition += 1
        }
    }

    private func recorded(_ id: String) async throws -> RecordedToken? {
        let (page, edition) = state.withLock { ($0.pages[id], $0.edition) }
        if let page, page.readAt.duration(to: clock()) < Self.lifetime { return page.token }
        let readAt = clock()
        let found = try await find(id)
        // An id that nobody has is not written down: whoever guesses must not fill the memory.
        guard let found, found.attempt == nil else { return found }
        state.withLock { if $0.edition == edition { $0.pages[id] = Page(token: found, readAt: readAt) } }
        if hour(of: found.lastUsedHour) != hour(of: now()), found.revokedAt == nil { noteUse(id) }
        return found
    }

    private func hour(of time: Timestamp?) -> Int64? { time.map { $0.milliseconds / 3_600_000 } }

    /// No secret has this digest.
    private static let nobody = Digest(ofText: "")

    private static let unknown = Problem(
        .unauthenticated,
        "The token is not known here. On the daemon's machine `trackd token list` shows those there are, and `trackd token create` makes "
            + "one."
    )

    private static func ended(_ how: String, _ token: RecordedToken) -> Problem {
        let what = token.attempt.map { "The token of attempt \($0.fence) at job \($0.job)" } ?? "The token \(token.id) of \(token.name)"
        return Problem(
            .unauthenticated,
            "\(what) \(how)." + (token.attempt == nil ? " `trackd token create` makes a new one, and `track login` keeps it." : ""))
    }
}
