import HTTPTypes
package import Hummingbird
import TrackCore

/// Outermost in the chain: every answer of the API, problems too, tells the epoch of the database.
///
/// An answer that says that the database is away tells none: its asker waited long enough.
package struct EpochMiddleware: RouterMiddleware {
    private let watch: EpochWatch

    package init(watch: EpochWatch) { self.watch = watch }

    package func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        guard request.uri.path.hasPrefix("/v1/"), response.status.code < 500, let name = HTTPField.Name(Epoch.header),
            let epoch = await watch.current()
        else { return response }
        response.headers[name] = epoch.text
        return response
    }
}
