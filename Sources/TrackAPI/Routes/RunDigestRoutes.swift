import Hummingbird
import Postgres
import TrackCore
import TrackJobs
import TrackStore

/// What a client asks that wants to know whether everything that it was told is recorded really is.
struct RunDigestRoutes {
    let services: APIServices

    func add(to routes: GuardedRoutes) {
        routes.post("runs/digests", needs: .compareDigests, use: digests)
    }

    private func digests(_ request: Request, _ context: APIContext) async throws -> Response {
        let ids = try await request.read(RunDigestsRequest.self).ids
        guard ids.count <= WireLimits.digests else {
            throw Problem(
                .invalid, "The question names \(ids.count) runs.",
                faults: [Fault(field: "/ids", reason: "must have at most \(WireLimits.digests) elements")])
        }
        let runs = try await services.database.read("run.digests") { db in
            let recorded = try RunStore.digests(of: ids, in: db)
            // A result that was fenced and later recorded by hand is recorded.
            let known = Set(recorded.map(\.id))
            return recorded + (try JobQueue.keptApart(ids.filter { !known.contains($0) }, in: db))
        }
        return try Answer.json(RunDigestsResponse(runs: runs))
    }
}
