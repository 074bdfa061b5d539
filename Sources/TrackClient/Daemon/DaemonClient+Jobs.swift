import FoundationEssentials
package import TrackCore

extension DaemonClient {
    package func evaluate(_ request: EvaluateRequest) async throws -> JobView {
        try await call(Route(.post, ["v1", "jobs"]), request)
    }

    /// Queued and running jobs.
    package func openJobs() async throws -> [JobView] {
        try await call(Route(.get, ["v1", "jobs"], query: [("state", "open")]))
    }

    package func job(_ id: Int64) async throws -> JobView {
        try await call(Route(.get, ["v1", "jobs", "\(id)"]))
    }

    package func cancelJob(_ id: Int64) async throws -> JobView {
        try await call(Route(.post, ["v1", "jobs", "\(id)", "cancel"]))
    }

    /// Takes a job, nil when there is nothing to do. It is not repeated by itself: each claim counts as an attempt.
    package func claim(_ request: ClaimRequest) async throws -> ClaimResponse? {
        let route = Route(.post, ["v1", "jobs", "claim"], isRepeatable: false)
        let data = try await bytes(route, body: .json(try WireCoding.encode(request)))
        return data.isEmpty ? nil : try decode(ClaimResponse.self, from: data, route: route, status: 200)
    }

    package func beat(_ attempt: AttemptReference, _ request: BeatRequest) async throws -> BeatResponse {
        try await call(Route(.post, path(of: attempt, "beat")), request)
    }

    package func end(_ attempt: AttemptReference, _ request: EndAttemptRequest) async throws -> EndAttemptResponse {
        try await call(Route(.post, path(of: attempt, "end")), request)
    }

    private func path(of attempt: AttemptReference, _ verb: String) -> [String] {
        ["v1", "jobs", "\(attempt.job)", "attempts", "\(attempt.fence)", verb]
    }
}
