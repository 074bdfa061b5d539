import Hummingbird
import Postgres
import TrackCore

/// For whoever watches the daemon: `/health` says that it runs, `/ready` that it can do its work. Neither needs a token nor tells anything.
struct HealthRoutes {
    let services: APIServices

    func add(to routes: GuardedRoutes) {
        routes.get("/health", needs: .watchHealth) { _, _ in try Answer.json(["status": "ok"]) }
        routes.get("/ready", needs: .watchHealth) { _, _ in
            _ = try await services.database.read("ready", timeout: .seconds(2)) { db in try db.one("SELECT 1", as: (Int.self)) }
            return try Answer.json(["status": "ready"])
        }
    }
}
