package import Postgres
package import TrackCore
package import TrackJobs
package import TrackStore

/// What the routes act through. The daemon composes it.
package struct APIServices: Sendable {
    package var database: Database
    /// A few connections to the same database for workers' signs of life: a worker must not lose its job because results fill the others.
    package var lifeline: Database
    package var tokens: TokenBook
    /// Of this program.
    package var version: String
    /// The time, for names of weeks and ids; everything that is stored takes the database's clock.
    package var now: @Sendable () -> Timestamp
    package var leaseTimes: LeaseTimes
    package var retryPolicy: RetryPolicy
    /// The protocol under which a checkpoint is evaluated when nobody says otherwise.
    package var scoring: ScoringProtocol
    /// A folder for uploads under way, on the daemon's own disk.
    package var uploads: String
    /// The largest upload of a domain set, in bytes.
    package var uploadLimit: Int
    /// The names and addresses under which the daemon answers.
    package var hosts: Set<String>
    package var limiter: RateLimiter
    package var judge: Judge
    package let offered = OfferedEvaluators()
    /// Takes new documents into a domain set, from a folder of this machine.
    package var refresh: @Sendable (_ set: String, RefreshRequest, AuditActor) async throws -> RefreshResponse
    package var status: @Sendable () async throws -> StatusView

    package init(
        database: Database, lifeline: Database, tokens: TokenBook, version: String, now: @escaping @Sendable () -> Timestamp,
        leaseTimes: LeaseTimes, retryPolicy: RetryPolicy, scoring: ScoringProtocol, uploads: String,
        uploadLimit: Int, hosts: Set<String>, limiter: RateLimiter, judge: Judge,
        refresh: @escaping @Sendable (String, RefreshRequest, AuditActor) async throws -> RefreshResponse,
        status: @escaping @Sendable () async throws -> StatusView
    ) {
        self.database = database
        self.lifeline = lifeline
        self.tokens = tokens
        self.version = version
        self.now = now
        self.leaseTimes = leaseTimes
        self.retryPolicy = retryPolicy
        self.scoring = scoring
        self.uploads = uploads
        self.uploadLimit = uploadLimit
        self.hosts = hosts
        self.limiter = limiter
        self.judge = judge
        self.refresh = refresh
        self.status = status
    }

    /// What is said about runs: the rules and the pages are not the API's.
    package struct Judge: Sendable {
        /// The first reference judged against the second, or against its lineage's baseline.
        package var compare: @Sendable (_ checkpoint: String, _ reference: String?, _ tokens: Bool) async throws -> CompareView
        /// How small a change a revision can show; the newest one of the set when no number is given.
        package var power: @Sendable (_ set: String, _ number: Int?) async throws -> RevisionPower
        package var publish: @Sendable (ReportRequest) async throws -> [ScorecardView]
        /// The bytes of a published file, by its path.
        package var read: @Sendable (String) async throws -> [UInt8]
        /// Wakes the reviewer: a lineage has news.
        package var wake: @Sendable () -> Void

        package init(
            compare: @escaping @Sendable (String, String?, Bool) async throws -> CompareView,
            power: @escaping @Sendable (String, Int?) async throws -> RevisionPower,
            publish: @escaping @Sendable (ReportRequest) async throws -> [ScorecardView],
            read: @escaping @Sendable (String) async throws -> [UInt8], wake: @escaping @Sendable () -> Void
        ) {
            self.compare = compare
            self.power = power
            self.publish = publish
            self.read = read
            self.wake = wake
        }
    }
}
