/// How a transaction runs.
public struct TransactionOptions: Sendable {
    public enum Isolation: String, Sendable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    public var isolation: Isolation
    public var isReadOnly: Bool
    /// For serializable, read-only transactions: wait for a snapshot that cannot fail.
    public var isDeferrable: Bool
    /// How long the whole transaction may take, without the wait for a connection.
    public var timeout: Duration
    /// How often it is run when it loses against another one (40001, 40P01).
    public var maximumAttempts: Int

    public init(
        isolation: Isolation = .readCommitted, isReadOnly: Bool = false, isDeferrable: Bool = false, timeout: Duration = .seconds(15),
        maximumAttempts: Int = 3
    ) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.isDeferrable = isDeferrable
        self.timeout = timeout
        self.maximumAttempts = maximumAttempts
    }

    /// One round trip for both statements.
    var beginStatement: String {
        let access = isReadOnly ? "READ ONLY" : "READ WRITE"
        let deferrable = isDeferrable ? " DEFERRABLE" : ""
        return "BEGIN ISOLATION LEVEL \(isolation.rawValue) \(access)\(deferrable); SET LOCAL statement_timeout = \(timeout.milliseconds)"
    }
}
