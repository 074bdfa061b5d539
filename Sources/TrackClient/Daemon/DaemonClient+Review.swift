package import FoundationEssentials
package import TrackCore

extension DaemonClient {
    package func addSchedule(_ request: ScheduleRequest) async throws -> ScheduleView {
        try await call(Route(.post, ["v1", "schedules"]), request)
    }

    package func schedules() async throws -> [ScheduleView] {
        try await call(Route(.get, ["v1", "schedules"]))
    }

    /// Firing alerts, or with `all` the resolved ones too.
    package func alerts(all: Bool) async throws -> [AlertView] {
        try await call(Route(.get, ["v1", "alerts"], query: [("state", all ? "all" : "firing")]))
    }

    /// Renders and publishes now.
    package func publishScorecards(_ request: ReportRequest) async throws -> [ScorecardView] {
        try await call(Route(.post, ["v1", "scorecards"], limit: 120), request)
    }

    package func scorecards() async throws -> [ScorecardView] {
        try await call(Route(.get, ["v1", "scorecards"]))
    }

    package enum ScorecardForm: String, Sendable { case html, json }

    /// A published scorecard's bytes.
    package func scorecard(lineage: String, week: String, form: ScorecardForm) async throws -> Data {
        try await bytes(Route(.get, ["v1", "scorecards", lineage, week + "." + form.rawValue], limit: 120))
    }

    package func status() async throws -> StatusView {
        try await call(Route(.get, ["v1", "status"]))
    }

    /// Returns when a daemon answers that it is alive.
    package func health() async throws {
        struct Answer: Decodable { var status: String }
        let _: Answer = try await call(Route(.get, ["health"], limit: 5))
    }

    /// Returns when the daemon answers that it and its database can work.
    package func ready() async throws {
        struct Answer: Decodable { var status: String }
        let _: Answer = try await call(Route(.get, ["ready"], limit: 5))
    }
}
