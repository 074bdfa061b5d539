import HTTPTypes
import Hummingbird

/// The only way in which routes are registered: none without saying what it lets its caller do, and none that runs before that was checked.
struct GuardedRoutes {
    typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    private let router: any RouterMethods<APIContext>

    init(_ router: any RouterMethods<APIContext>) { self.router = router }

    func get(_ path: RouterPath, needs action: Action, use handler: @escaping Handler) {
        add(path, .get, action, handler)
    }

    func post(_ path: RouterPath, needs action: Action, use handler: @escaping Handler) {
        add(path, .post, action, handler)
    }

    private func add(_ path: RouterPath, _ method: HTTPRequest.Method, _ action: Action, _ handler: @escaping Handler) {
        router.on(path, method: method) { request, context in
            try action.check(context.principal)
            return try await handler(request, context)
        }
    }
}
