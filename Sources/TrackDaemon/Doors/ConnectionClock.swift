import NIOCore

/// How long the other end of a connection may take for what it owes. Pure: the times are given.
struct ConnectionClock {
    struct Limits: Sendable, Hashable {
        /// From the connection, or the first byte of a request, to the end of the request's head.
        var head: TimeAmount
        /// A body may take this long, and a second more for every ``slowestBody`` bytes of it.
        var body: TimeAmount
        /// Without a request; also for how long an answer may find no room to go on.
        var idle: TimeAmount

        /// Bytes a second. A dropped mobile connection is slower, a worker on the other side of the world is not.
        static let slowestBody: Int64 = 1024
    }

    /// What took too long.
    enum Expiry: Hashable {
        /// Nobody waits for an answer: the connection can go.
        case unused
        case head
        case body
        /// The answer is not taken.
        case answer
    }

    private enum Owed {
        /// The next request. The first one of a connection is owed as soon as there is a connection.
        case request(since: NIODeadline, isFirst: Bool)
        /// The rest of a head that has begun.
        case head(since: NIODeadline)
        /// The rest of a body. Only the time counts in which this end was ready to read: the rest of it the other end could not use.
        case body(bytes: Int64, waited: TimeAmount)
        case nothing
    }

    private let limits: Limits
    private var owed: Owed
    private var readingSince: NIODeadline?
    private var blockedSince: NIODeadline?

    init(_ limits: Limits, now: NIODeadline) {
        self.limits = limits
        owed = .request(since: now, isFirst: true)
    }

    mutating func isReading(now: NIODeadline) {
        if readingSince == nil { readingSince = now }
    }

    mutating func bytesArrived(_ count: Int, now: NIODeadline) {
        switch owed {
        case .request(let since, let isFirst): owed = .head(since: isFirst ? since : now)
        case .body(let bytes, let waited):
            owed = .body(bytes: bytes + Int64(count), waited: waited + (readingSince.map { now - $0 } ?? .zero))
        case .head, .nothing: break
        }
        readingSince = nil
    }

    mutating func headEnded() { owed = .body(bytes: 0, waited: .zero) }

    mutating func requestEnded() { owed = .nothing }

    /// The answer to the newest request is written.
    mutating func answered(now: NIODeadline) {
        if case .nothing = owed { owed = .request(since: now, isFirst: false) }
    }

    /// Whether there is room for more of an answer.
    mutating func canWrite(_ isWritable: Bool, now: NIODeadline) { blockedSince = isWritable ? nil : blockedSince ?? now }

    func expiry(now: NIODeadline) -> Expiry? {
        if let blockedSince, now - blockedSince >= limits.idle { return .answer }
        switch owed {
        case .request(let since, let isFirst): return now - since >= (isFirst ? limits.head : limits.idle) ? .unused : nil
        case .head(let since): return now - since >= limits.head ? .head : nil
        case .body(let bytes, let waited):
            let spent = waited + (readingSince.map { now - $0 } ?? .zero)
            return spent >= limits.body + .seconds(bytes / Limits.slowestBody) ? .body : nil
        case .nothing: return nil
        }
    }
}
