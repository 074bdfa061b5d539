import HTTPTypes
package import Hummingbird
import TrackCore

/// Refuses what one client sends beyond its share, so that a loop gone wild costs nobody else anything.
package struct RateLimitMiddleware: RouterMiddleware {
    private let limiter: RateLimiter

    package init(_ limiter: RateLimiter) { self.limiter = limiter }

    package func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        if let wait = limiter.count(Self.kind(of: request.method, route: context.endpointPath), of: context.limitKey) {
            throw Problem.tooMany("This client sends more requests than track.limits allows.", wait: wait)
        }
        return try await next(request, context)
    }

    static func kind(of method: HTTPRequest.Method, route: String?) -> RateLimiter.Kind {
        switch (method, route) {
        case (.get, _), (.head, _): .read
        case (_, "/v1/jobs/claim"): .claim
        case (_, "/v1/jobs/{id}/attempts/{fence}/beat"), (_, "/v1/jobs/{id}/attempts/{fence}/end"): .lifeSign
        default: .write
        }
    }
}

extension RateLimiter {
    /// What a request without a valid token is told: at first that it needs one, then to wait. A valid token is never held up by the wrong
    /// ones of others behind the same address: with 256 random bits in it there is nothing to guess, only work to save.
    func refusal(of context: APIContext, detail: String) -> Problem {
        guard let wait = count(.failedAuthentication, of: context.limitKey) else { return Problem(.unauthenticated, detail) }
        return .tooMany("Too many requests without a valid token came from \(context.limitKey).", wait: wait)
    }
}

extension APIContext {
    /// Whose share a request uses.
    var limitKey: String { principal?.id ?? peerAddress ?? "the Unix socket" }
}

extension Problem {
    /// - Parameter wait: rounded up to whole seconds, as Retry-After has it.
    static func tooMany(_ reason: String, wait: Duration) -> Problem {
        let seconds = Int((wait / .seconds(1)).rounded(.up))
        var problem = Problem(.tooMany, "\(reason) Try again in \(seconds) s.")
        problem.retryAfter = seconds
        return problem
    }
}
