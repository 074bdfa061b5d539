/// What went wrong between this program and PostgreSQL.
///
/// It prints as a sentence that is safe to log and to show: without a value of a row or of a parameter. What the server said in full,
/// values included, is in ``fullDescription``.
public struct PostgresError: Error, Sendable {
    public enum Code: Sendable, Hashable {
        /// The configuration cannot be used as it is.
        case invalidConfiguration
        /// No connection could be opened.
        case connectionFailed
        /// The connection ended in the middle of a transaction; the server has rolled it back.
        case connectionLost
        /// The connection ended, or its deadline passed, after COMMIT was sent and before the answer came: it may or may not have happened.
        case commitInDoubt
        /// The unit of work took longer than it was given.
        case deadlineExceeded
        /// The task was cancelled. Callers of `Database` see `CancellationError` in its place.
        case cancelled
        /// No connection became free in time.
        case poolTimedOut
        /// The database was shut down.
        case poolClosed
        /// A parameter cannot be sent, for example text with a NUL character.
        case encoding
        /// A column did not hold what the caller asked for.
        case decoding
        /// `one` or `first` met another number of rows than it promises.
        case unexpectedRowCount
        /// The session was used against its contract, for example COMMIT inside a transaction closure.
        case misuse
        /// The server refused the statement; see `sqlState`.
        case server
    }

    public var code: Code
    public var sqlState: SQLState?
    /// The primary message only. For errors of the server in class 22 it can hold a value; `description` leaves that out.
    public var message: String
    /// The constraint that was violated, where the server names one.
    public var constraint: String?
    /// The name that the caller gave to the unit of work.
    public var statement: StaticString
    /// DETAIL, HINT and the position, as the server sent them. They hold values of rows.
    public var detail: String?

    public init(_ code: Code, _ message: String, sqlState: SQLState? = nil, constraint: String? = nil, statement: StaticString = "",
                detail: String? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.constraint = constraint
        self.statement = statement
        self.detail = detail
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        var text = statement.description
        if !text.isEmpty { text += ": " }
        text += messageWithoutValues
        if let sqlState { text += " (SQLSTATE \(sqlState.rawValue))" }
        return text
    }

    /// The same, because optionals and arrays print their elements by it.
    public var debugDescription: String { description }

    /// Everything that the server said, values of rows included. Not for logs.
    public var fullDescription: String {
        var text = "\(statement): \(code): \(message)"
        if let sqlState { text += " (SQLSTATE \(sqlState.rawValue))" }
        if let constraint { text += " constraint \(constraint)" }
        if let detail { text += "\n\(detail)" }
        return text
    }

    /// Messages of class 22 quote the offending value (`invalid input syntax for type integer: "…"`): everything between the first and
    /// the last quotation mark goes, because a value can hold marks itself.
    private var messageWithoutValues: String {
        guard let sqlState, sqlState.rawValue.hasPrefix("22"),
            let first = message.firstIndex(of: "\""), let last = message.lastIndex(of: "\""), first < last
        else { return message }
        return message[...first] + "…" + message[last...]
    }
}
