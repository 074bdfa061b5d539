import Hummingbird
import Postgres
import TrackCore
import TrackJobs
import TrackStore

/// Schedules, alerts, scorecards, status.
struct ReviewRoutes {
    let services: APIServices

    func add(to router: RouterGroup<APIContext>) {
        router.post("schedules", use: addSchedule)
        router.get("schedules") { _, _ in
            try Answer.json(try await services.database.read("schedule.list") { db in try ScheduleStore.list(in: db) })
        }
        router.get("alerts") { request, _ in
            let all = request.optional("state") == "all"
            return try Answer.json(
                try await services.database.read("alert.list") { db in try AlertStore.list(includeResolved: all, in: db) })
        }
        router.post("scorecards") { request, _ in
            try Answer.json(try await services.judge.publish(try await request.read(ReportRequest.self)))
        }
        router.get("scorecards") { _, _ in
            try Answer.json(try await services.database.read("scorecard.list") { db in try ScorecardStore.all(in: db).map(\.card) })
        }
        router.get("scorecards/{lineage}/{file}", use: page)
        router.get("status") { _, _ in try Answer.json(try await services.status()) }
    }

    private func addSchedule(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try await request.read(ScheduleRequest.self)
        let view = try await services.database.write("schedule.upsert") { db in try ScheduleStore.upsert(wanted, by: "api", in: db) }
        return try Answer.json(view)
    }

    /// A published page or its twin. The path comes from the database, never from the request.
    private func page(_ request: Request, _ context: APIContext) async throws -> Response {
        let lineage = try context.parameter("lineage")
        let file = try context.parameter("file").split(separator: ".", maxSplits: 1)
        guard file.count == 2, file[1] == "html" || file[1] == "json" else {
            throw Problem(.notFound, "A scorecard is WEEK.html or WEEK.json, for example 2026-W47.html.")
        }
        let week = String(file[0])
        let card = try await services.database.read("scorecard.one") { db in
            try ScorecardStore.scorecard(lineage: lineage, week: week, in: db)
        }
        guard let card else {
            throw Problem(.notFound, "There is no scorecard of \(lineage) for \(week). `track report` publishes one.")
        }
        let isPage = file[1] == "html"
        let bytes = try await services.judge.read(isPage ? card.htmlPath : card.jsonPath)
        return Answer.bytes(bytes, type: isPage ? "text/html; charset=utf-8" : "application/json")
    }
}
