import CLibPQ
import Logging

/// One open connection: libpq's non-blocking calls, each wait bounded by a deadline.
///
/// Not Sendable: it lives inside one `Connection` and is used from that actor's queue only.
// Safe: the pointer is valid from init to deinit and nobody keeps it beyond a call.
@safe final class Wire {
    /// What the connection is used for at the moment.
    struct Unit {
        let name: StaticString
        /// When the unit is over for its caller: nothing new is sent after it.
        let deadline: ContinuousClock.Instant
        /// How much longer the server may take to report that itself.
        let grace: Duration
        let cancellation: Cancellation
    }

    let handle: OpaquePointer
    private let notices: NoticeSink
    private(set) var unit: Unit
    /// Whether the connection must not be used again.
    private(set) var isBroken = false

    /// Connects, waiting until the configuration's connect timeout. `PQconnectPoll` itself knows no timeout.
    init(configuration: DatabaseConfiguration, unit: Unit, logger: Logger) throws(PostgresError) {
        guard let handle = unsafe PQconnectStart(ConnectionString.make(configuration)) else {
            throw PostgresError(.connectionFailed, "There is no memory for a connection.", statement: unit.name)
        }
        unsafe self.handle = unsafe handle
        self.unit = unit
        notices = NoticeSink(logger: logger)
        unsafe notices.attach(to: handle)
        try connect(until: min(unit.deadline, .now + configuration.connectTimeout))
        unsafe _ = PQsetnonblocking(handle, 1)
        aimCancellation()
        try overrideEnvironment()
    }

    /// libpq sends `PGTZ` and `PGDATESTYLE` to the server in a way that no keyword overrides. The server reports what came of it.
    private func overrideEnvironment() throws(PostgresError) {
        func setting(_ name: String) -> String? { unsafe PQparameterStatus(handle, name).map { unsafe String(cString: $0) } }
        guard setting("TimeZone") != "UTC" || setting("DateStyle")?.hasPrefix("ISO,") != true else { return }
        try send(script: "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'")
        try finish()
    }

    deinit {
        unsafe PQfinish(handle)
    }

    private func connect(until deadline: ContinuousClock.Instant) throws(PostgresError) {
        var next = PGRES_POLLING_WRITING
        if unsafe PQstatus(handle) == CONNECTION_BAD { next = PGRES_POLLING_FAILED }
        while next != PGRES_POLLING_OK {
            guard next != PGRES_POLLING_FAILED else { throw failure(.connectionFailed, message) }
            let isReady = unsafe Readiness.wait(
                PQsocket(handle), for: next == PGRES_POLLING_READING ? .readable : .writable, until: deadline)
            guard isReady else { throw failure(.connectionFailed, "The server did not answer in time.") }
            next = unsafe PQconnectPoll(handle)
        }
    }

    /// Begins a unit of work on an open connection.
    func start(_ unit: Unit) {
        self.unit = unit
        aimCancellation()
    }

    private func aimCancellation() {
        unit.cancellation.aim(at: unsafe CancelTarget(connection: handle))
    }

    /// Whether the server still holds the other end, as far as the socket knows. One read is not enough: the first returns the server's
    /// last words and only the next one sees the end.
    func isAlive() -> Bool {
        while unsafe Readiness.wait(PQsocket(handle), for: .readable, until: .now) {
            guard unsafe PQconsumeInput(handle) == 1 else { return false }
            // Reads notices and changed settings out of the buffer.
            unsafe _ = PQisBusy(handle)
        }
        return unsafe PQstatus(handle) == CONNECTION_OK
    }

    var transactionStatus: PGTransactionStatusType { unsafe PQtransactionStatus(handle) }

    // MARK: Sending

    /// One statement with its parameters, in the extended protocol.
    func send(_ sql: SQL, format: SQLFormat) throws(PostgresError) {
        try checkMaySend()
        let arguments = try ParameterArena(sql.parameters, statement: unit.name)
        let sent = unsafe arguments.withPointers { types, values, lengths, formats in
            unsafe PQsendQueryParams(handle, sql.text, Int32(sql.parameters.count), types, values, lengths, formats, format.rawValue)
        }
        guard sent == 1 else { throw unsent() }
        try flush()
    }

    /// Any number of statements without parameters, in the simple protocol.
    func send(script: String) throws(PostgresError) {
        try enqueue(script: script)
        try flush()
    }

    /// Hands the script to libpq. An error means that the server has seen nothing of it.
    func enqueue(script: String) throws(PostgresError) {
        try checkMaySend()
        guard unsafe PQsendQuery(handle, script) == 1 else { throw unsent() }
    }

    private func checkMaySend() throws(PostgresError) {
        if isBroken { throw PostgresError(.connectionLost, "The connection was lost earlier in this transaction.", statement: unit.name) }
        if unit.cancellation.isRequested { throw PostgresError(.cancelled, "The task was cancelled.", statement: unit.name) }
        if unit.deadline <= .now {
            throw PostgresError(.deadlineExceeded, "There is no time left for another statement.", statement: unit.name)
        }
    }

    private func unsent() -> PostgresError {
        // On a sound connection libpq refuses only what comes before the last statement was read to its end.
        unsafe PQstatus(handle) == CONNECTION_OK ? failure(.misuse, message) : lost()
    }

    func flush() throws(PostgresError) {
        while true {
            switch unsafe PQflush(handle) {
            case 0: return
            case 1:
                // The server may want to be read before it reads on.
                try wait(for: .either)
                guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
            default: throw lost()
            }
        }
    }

    // MARK: Receiving

    /// The next result of the statement that was sent, or nil at its end.
    func next() throws(PostgresError) -> QueryResult? {
        while unsafe PQisBusy(handle) == 1 {
            try wait(for: .readable)
            // What was read before the connection ended can still hold the server's reason.
            guard unsafe PQconsumeInput(handle) == 1 || PQisBusy(handle) == 0 else { throw lost() }
        }
        guard let result = unsafe PQgetResult(handle) else { return nil }
        return unsafe QueryResult(result)
    }

    /// Reads to the end of the statement, also after an error.
    ///
    /// - Returns: the last result.
    /// - Throws: the first error.
    @discardableResult
    func finish(firstError: PostgresError? = nil) throws(PostgresError) -> QueryResult? {
        var last: QueryResult?
        var firstError = firstError
        do throws(PostgresError) {
            while let result = try next() {
                switch result.status {
                case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR:
                    firstError = firstError ?? result.error(statement: unit.name)
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                    // libpq would answer the same for ever.
                    throw failure(.misuse, "COPY must go through copyIn; COPY TO is not supported.")
                default:
                    last = result
                }
            }
        } catch where error.code == .connectionLost {
            // The server's own reason says more than that the socket ended.
            guard let reason = firstError else { throw error }
            throw classify(reason)
        }
        if let firstError { throw classify(firstError) }
        return last
    }

    /// What an error of the server means here.
    private func classify(_ error: PostgresError) -> PostgresError {
        var error = error
        if unsafe PQstatus(handle) == CONNECTION_BAD {
            isBroken = true
            error.code = .connectionLost
        } else if error.sqlState == .queryCanceled {
            error.code = unit.cancellation.isRequested ? .cancelled : .deadlineExceeded
        }
        return error
    }

    // MARK: Waiting

    func wait(for readiness: Readiness) throws(PostgresError) {
        guard unsafe readiness.wait(PQsocket(handle), until: unit.deadline + unit.grace) else {
            throw failure(.deadlineExceeded, "The server did not answer in time; the connection was closed.")
        }
    }

    /// An error after which the connection is closed.
    func failure(_ code: PostgresError.Code, _ message: String) -> PostgresError {
        isBroken = true
        return PostgresError(code, message, statement: unit.name)
    }

    func lost() -> PostgresError {
        failure(.connectionLost, message)
    }

    private var message: String {
        let text = unsafe PostgresError.oneLine(String(cString: PQerrorMessage(handle)))
        return text.isEmpty ? "The connection to the server was lost." : text
    }
}
