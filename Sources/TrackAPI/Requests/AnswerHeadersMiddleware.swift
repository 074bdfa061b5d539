import HTTPTypes
package import Hummingbird

/// What every answer tells a browser: keep nothing, guess nothing, and run nothing of a page.
package struct AnswerHeadersMiddleware: RouterMiddleware {
    /// A page's own policy, in its head, allows its one style by hash; a browser applies both.
    private static let pagePolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    package init() {}

    package func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var answer = try await next(request, context)
        answer.headers[.xContentTypeOptions] = "nosniff"
        answer.headers[.cacheControl] = "no-store"
        if answer.headers[.contentType]?.hasPrefix("text/html") == true { answer.headers[.contentSecurityPolicy] = Self.pagePolicy }
        return answer
    }
}
