import Hummingbird
import Postgres
import TrackCore
import TrackJobs
import TrackStore

/// Schedules, alerts, scorecards, status.
struct ReviewRoutes {
    let services: APIServices

    func add(to routes: GuardedRoutes) {
        routes.post("schedules", needs: .setSchedule, use: addSchedule)
        routes.get("schedules", needs: .read) { _, _ in
            try Answer.json(try await services.database.read("schedule.list") { db in try ScheduleStore.list(in: db) })
        }
        routes.get("alerts", needs: .read) { request, _ in
            let all = request.optional("state") == "all"
            return try Answer.json(
                try await services.database.read("alert.list") { db in try AlertStore.list(includeResolved: all, in: db) })
        }
        routes.post("scorecards", needs: .publishScorecard) { request, _ in
            try Answer.json(try await services.judge.publish(try await request.read(ReportRequest.self)))
        }
        routes.get("scorecards", needs: .read) { _, _ in
            try Answer.json(try await services.database.read("scorecard.list") { db in try ScorecardStore.all(in: db).map(\.card) })
        }
        routes.get("scorecards/{lineage}/{file}", needs: .read, use: page)
        routes.get("status", needs: .read) { _, _ in try Answer.json(try await services.status()) }
    }

    private func addSchedule(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try await request.read(ScheduleRequest.self)
        let actor = try context.actor
        let view = try await services.database.write("schedule.upsert") { db in
            let view = try ScheduleStore.upsert(wanted, by: "api", in: db)
            try AuditStore.add(.setSchedule, view.name, detail: view.facts, by: actor, in: db)
            return view
        }
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

extension ScheduleView {
    /// For the audit trail.
    fileprivate var facts: [String: String] {
        [
            "weekday": "\(isoWeekday)", "at": at, "time zone": timeZone, "domain set": domainSet,
            "lineages": lineages.isEmpty ? "all" : lineages.joined(separator: ", "), "enabled": "\(enabled)",
        ]
    }
}
