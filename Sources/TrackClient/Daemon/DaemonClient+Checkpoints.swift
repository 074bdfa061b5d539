package import TrackCore

extension DaemonClient {
    package func addCheckpoint(_ request: AddCheckpointRequest) async throws -> AddCheckpointResponse {
        try await call(DaemonClient.addingCheckpoint, request)
    }

    /// All checkpoints, or one lineage's, with their newest numbers.
    package func checkpoints(lineage: String?) async throws -> [CheckpointListing] {
        try await call(Route(.get, ["v1", "checkpoints"], query: [("lineage", lineage)]))
    }

    /// `reference` is `lineage/name`, `lineage@step`, at least 8 digits of the digest, or the numeric id.
    package func checkpoint(_ reference: String) async throws -> CheckpointView {
        try await call(Route(.get, ["v1", "checkpoint"], query: [("reference", reference)]))
    }

    package func lineages() async throws -> [Lineage] {
        try await call(Route(.get, ["v1", "lineages"]))
    }

    /// Judges a checkpoint's newest run against another's; against its lineage's baseline when `reference` is nil.
    ///
    /// - Parameter tokens: whether to ask which tokens moved.
    package func compare(_ checkpoint: String, with reference: String?, tokens: Bool = false) async throws -> CompareView {
        let query: [(String, String?)] = [("run", checkpoint), ("reference", reference), ("tokens", tokens ? "true" : nil)]
        return try await call(Route(.get, ["v1", "compare"], query: query, limit: 120))
    }

    package func recordRun(_ request: RecordRunRequest) async throws -> RecordRunResponse {
        try await call(DaemonClient.recordingRun, request)
    }

    /// What the daemon holds of runs, at most ``WireLimits/digests`` of them.
    package func digests(of ids: [RunID]) async throws -> [RunDigestView] {
        let answer: RunDigestsResponse = try await call(Route(.post, ["v1", "runs", "digests"]), RunDigestsRequest(ids: ids))
        return answer.runs
    }

    package func run(_ id: RunID) async throws -> RunView {
        try await call(Route(.get, ["v1", "runs", id.description]))
    }

    static let addingCheckpoint = Route(.post, ["v1", "checkpoints"])
    static let recordingRun = Route(.post, ["v1", "runs"], limit: 120)
}
