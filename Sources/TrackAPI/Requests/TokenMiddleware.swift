import HTTPTypes
package import Hummingbird
import TrackCore

/// Lets a request in that came over the Unix socket, whose mode admits its owner only, or that carries the admin token.
package struct TokenMiddleware: RouterMiddleware {
    /// SHA-256 of the token, so that the comparison takes as long for a near miss as for any other.
    private let digest: Digest
    private let limiter: RateLimiter

    package init(token: String, limiter: RateLimiter) {
        digest = Digest(ofText: token)
        self.limiter = limiter
    }

    package func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard context.cameOverSocket || isAuthorized(request) else {
            throw limiter.refusal(
                of: context,
                detail: "Over TCP a token is needed: `Authorization: Bearer …`. It is in the file admin-token of the daemon's state folder.")
        }
        return try await next(request, context)
    }

    private func isAuthorized(_ request: Request) -> Bool {
        guard let header = request.headers[.authorization], header.hasPrefix("Bearer ") else { return false }
        let given = Digest(ofText: String(header.dropFirst(7)))
        return zip(given.bytes, digest.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
