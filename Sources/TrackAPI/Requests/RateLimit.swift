import Synchronization

/// A share that refills steadily: so many requests at once, so many a second. Pure: the time is given.
package struct TokenBucket: Sendable {
    package let perSecond: Double
    /// As many as may come at once after a pause.
    package let burst: Double
    private var level: Double
    private var filledAt: Duration

    /// - Parameter now: since any fixed moment, on a clock that does not jump.
    package init(perSecond: Double, burst: Double, now: Duration) {
        self.perSecond = perSecond
        self.burst = burst
        level = burst
        filledAt = now
    }

    /// Takes one.
    ///
    /// - Returns: nil when there was one, else how long until there is one.
    package mutating func take(at now: Duration) -> Duration? {
        refill(at: now)
        guard level < 1 else {
            level -= 1
            return nil
        }
        return .seconds((1 - level) / perSecond)
    }

    /// Whether it is as good as a new one.
    package mutating func isFull(at now: Duration) -> Bool {
        refill(at: now)
        return level >= burst
    }

    private mutating func refill(at now: Duration) {
        // A moment that was read before another one can come here after it.
        guard now > filledAt else { return }
        level = min(burst, level + perSecond * ((now - filledAt) / .seconds(1)))
        filledAt = now
    }
}

/// How many requests one client may send.
package struct RateLimits: Sendable, Hashable {
    /// Requests a second that ask for a job.
    package var claims: Int
    /// Requests a second that change something. Signs of life of workers have as many for themselves.
    package var writes: Int
    /// Requests a second that only read.
    package var reads: Int
    /// Requests a minute without a valid token.
    package var failedAuthentications: Int

    package init(claims: Int, writes: Int, reads: Int, failedAuthentications: Int) {
        self.claims = claims
        self.writes = writes
        self.reads = reads
        self.failedAuthentications = failedAuthentications
    }
}

/// Counts what clients send. One for all listeners.
package final class RateLimiter: Sendable {
    package enum Kind: Hashable, Sendable {
        case claim, write, read
        /// A beat or the end of an attempt: whoever records much must not lose a job over it.
        case lifeSign
        case failedAuthentication
    }

    private struct Key: Hashable {
        let kind: Kind
        let client: String
    }

    /// More clients than this at a time are not told apart well: the full buckets among them are forgotten, which costs nothing.
    private static let keptBuckets = 4096

    private let limits: RateLimits
    private let now: @Sendable () -> Duration
    private let buckets = Mutex<[Key: TokenBucket]>([:])

    /// - Parameter now: a clock that does not jump.
    package init(_ limits: RateLimits, now: @escaping @Sendable () -> Duration) {
        self.limits = limits
        self.now = now
    }

    /// Counts a request.
    ///
    /// - Parameter client: a token's id, or an address.
    /// - Returns: nil when it may go on, else how long the client should wait.
    package func count(_ kind: Kind, of client: String) -> Duration? {
        let now = now()
        return buckets.withLock { buckets in
            if buckets.count >= Self.keptBuckets { buckets = buckets.filter { var bucket = $0.value; return !bucket.isFull(at: now) } }
            return buckets[Key(kind: kind, client: client), default: bucket(for: kind, now: now)].take(at: now)
        }
    }

    private func bucket(for kind: Kind, now: Duration) -> TokenBucket {
        // Two seconds' worth at once, so that a client that keeps its rate on average is never stopped.
        func perSecond(_ rate: Int) -> TokenBucket { TokenBucket(perSecond: Double(rate), burst: Double(rate) * 2, now: now) }
        return switch kind {
        case .claim: perSecond(limits.claims)
        case .write, .lifeSign: perSecond(limits.writes)
        case .read: perSecond(limits.reads)
        case .failedAuthentication:
            TokenBucket(
                perSecond: Double(limits.failedAuthentications) / 60, burst: Double(limits.failedAuthentications), now: now)
        }
    }
}
