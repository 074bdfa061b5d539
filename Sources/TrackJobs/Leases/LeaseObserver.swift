import TrackCore

/// Decides which attempts have lost their worker, from what was seen of them and when, on a clock that only goes forward.
///
/// An attempt is lost when its beat did not change for a whole lease while this observer looked without a break. No wall clock takes part,
/// neither this machine's nor the database's: after a step of the time, an outage of the database or a suspended machine, every worker has
/// a full lease from the first look on. Two observers may disagree; the fence lets only one of them end an attempt.
struct LeaseObserver<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// What the database says about a running job.
    struct Sighting: Hashable, Sendable {
        var attempt: AttemptReference
        /// Counts the words of its worker.
        var beat: Int64
    }

    private struct Life {
        var beat: Int64
        var since: Instant
    }

    private let lease: Duration
    /// A longer time between two looks is a break: nobody could have been heard in it.
    private let longestPause: Duration
    private var lives: [AttemptReference: Life] = [:]
    private var lastLook: Instant?

    init(lease: Duration, longestPause: Duration) {
        self.lease = lease
        self.longestPause = longestPause
    }

    /// Takes note of all running jobs.
    ///
    /// - Returns: the attempts that are lost. They are returned again at the next look if they are still running then.
    mutating func look(_ sightings: [Sighting], at now: Instant) -> [AttemptReference] {
        if let lastLook, lastLook.duration(to: now) > longestPause { lives = [:] }
        lastLook = now
        var seen: [AttemptReference: Life] = [:]
        var lost: [AttemptReference] = []
        for sighting in sightings {
            var life = Life(beat: sighting.beat, since: now)
            if let known = lives[sighting.attempt], known.beat == sighting.beat { life = known }
            seen[sighting.attempt] = life
            if life.since.duration(to: now) >= lease { lost.append(sighting.attempt) }
        }
        lives = seen
        return lost
    }

    /// The database could not be asked: what was silent then may have spoken.
    mutating func loseContact() {
        lives = [:]
        lastLook = nil
    }
}
