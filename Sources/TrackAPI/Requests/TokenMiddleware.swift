import HTTPTypes
package import Hummingbird
import TrackCore

/// Finds out as whom a request is let in: by the token that it shows, else, over the Unix socket, as the daemon's own user. What that one
/// may do is decided where each route is registered (``GuardedRoutes``).
///
/// A token that is shown counts over the socket too: whoever narrows its own rights is taken at its word.
package struct TokenMiddleware: RouterMiddleware {
    private let tokens: TokenBook
    private let limiter: RateLimiter

    package init(tokens: TokenBook, limiter: RateLimiter) {
        self.tokens = tokens
        self.limiter = limiter
    }

    package func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        do {
            if let header = request.headers[.authorization] {
                context.principal = try await tokens.principal(showing: try Self.token(in: header))
            } else if context.cameOverSocket {
                context.principal = .local
            } else {
                throw Action.somebodyNeeded
            }
        } catch let problem as Problem where problem.type == .unauthenticated {
            throw limiter.refusal(of: context, detail: problem.detail)
        }
        return try await next(request, context)
    }

    private static func token(in header: String) throws(Problem) -> String {
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw Problem(.unauthenticated, "The header Authorization is not understood: send `Authorization: Bearer trk_…`.")
        }
        return String(words[1])
    }
}
