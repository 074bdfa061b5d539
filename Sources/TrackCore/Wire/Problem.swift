/// The answer to a request that could not be done: RFC 9457 `application/problem+json`.
package struct Problem: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// The body or a parameter is wrong; the same request will fail again.
        case invalid
        case unauthenticated
        case forbidden
        case notFound = "not-found"
        /// It contradicts what is recorded; nothing was changed.
        case conflict
        case tooLarge = "too-large"
        /// The request was addressed to a host that this daemon is not.
        case misdirected
        /// The body is in a form that is not read here.
        case unsupported
        /// The request did not arrive in time.
        case timedOut = "timed-out"
        /// Too many requests; `retryAfter` says when the next one is welcome.
        case tooMany = "too-many"
        /// Try again later: the database is away or the outcome of a commit is unknown.
        case unavailable
        case `internal`
    }

    package var type: Kind
    package var title: String
    /// The HTTP status.
    package var status: Int
    /// What happened, where, and what to do: one or two sentences for a person.
    package var detail: String
    package var faults: [Fault]?
    /// Of the request, as in the daemon's log.
    package var requestId: String?
    /// Seconds to wait before the same request is worth sending again; the answer's `Retry-After`.
    package var retryAfter: Int?

    package init(_ type: Kind, _ detail: String, faults: [Fault]? = nil, requestId: String? = nil) {
        self.type = type
        title = type.title
        status = type.status
        self.detail = detail
        self.faults = faults
        self.requestId = requestId
    }

    package var description: String {
        guard let faults, !faults.isEmpty else { return detail }
        return detail + "\n" + faults.map { "  \($0.field.isEmpty ? "the record" : $0.field) \($0.reason)" }.joined(separator: "\n")
    }
}

extension Problem.Kind {
    package var status: Int {
        switch self {
        case .invalid: 422
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .conflict: 409
        case .tooLarge: 413
        case .misdirected: 421
        case .unsupported: 415
        case .timedOut: 408
        case .tooMany: 429
        case .unavailable: 503
        case .internal: 500
        }
    }

    package var title: String {
        switch self {
        case .invalid: "The request is not valid"
        case .unauthenticated: "A token is needed"
        case .forbidden: "Not allowed"
        case .notFound: "Not found"
        case .conflict: "It contradicts what is recorded"
        case .tooLarge: "Too large"
        case .misdirected: "Not this host"
        case .unsupported: "Not a form that is read here"
        case .timedOut: "Too slow"
        case .tooMany: "Too many requests"
        case .unavailable: "Not available now"
        case .internal: "An error of trackd's own"
        }
    }
}
