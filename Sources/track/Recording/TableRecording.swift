import TrackClient
package import TrackCore
import TrackEvaluators

/// What `track record` did with a table, or would do.
package struct RecordOutcome: Sendable, Codable {
    package struct Run: Sendable, Codable {
        package enum Verdict: String, Sendable, Codable {
            case accepted, duplicate, planned
        }

        /// `lineage/name`
        package var checkpoint: String
        /// Nil where nothing is recorded.
        package var run: RunID?
        package var verdict: Verdict
        package var domains: Int
        package var scoring: RunProtocol
        package var aggregation: Aggregation
        /// The earlier table that it corrects.
        package var supersedes: RunID?
        /// Earlier tables of the same kind that stay, because they have domains which this one has not.
        package var beside: [RunID]
    }

    package var lineage: String
    /// `name@number`, or the name alone where nothing is recorded.
    package var domainSet: String
    package var runs: [Run]
    /// The first of what was not taken.
    package var skipped: [Skipped]
    package var skippedCount: Int

    package struct Skipped: Sendable, Codable {
        package var place: String
        package var field: String?
        package var reason: String
    }
}

/// Brings a table of results to the daemon. Every step of it may be done again: what is there already is recognised.
struct TableRecording: Sendable {
    let table: ReportedTable
    let lineage: String
    let set: String
    let name: String?
    let baseline: String?
    let inDomain: [String]

    func preview() throws -> RecordOutcome {
        let plan = try RecordingPlan(table, lineage: lineage, name: name, baseline: baseline)
        return outcome(set, plan.runs.map { outcome(of: $0, nil, .planned) })
    }

    func record(with client: DaemonClient) async throws -> RecordOutcome {
        let known = try await client.checkpoints(lineage: lineage).map(\.checkpoint)
        let plan = try RecordingPlan(table, lineage: lineage, known: known.map(\.description), name: name, baseline: baseline)
        let revision = try await revision(of: plan.domains, client)
        try await addCheckpoints(of: plan, isNew: known.isEmpty, client)
        var outcomes: [RecordOutcome.Run] = []
        var new: [RecordRunRequest] = []
        for run in plan.runs {
            let isKnown = known.contains { $0.description.digest == run.checkpoint.digest }
            let recorded = try await isKnown ? client.checkpoint("\(lineage)/\(run.checkpoint.name)").runs : []
            switch run.step(lineage: lineage, set: set, revision: revision.digest, recorded: recorded) {
            case .recorded(let id): outcomes.append(outcome(of: run, id, .duplicate))
            case .new(let made, let beside):
                outcomes.append(outcome(of: run, made.id, .accepted, supersedes: made.supersedes, beside: beside))
                new.append(RecordRunRequest(run: made, attempt: nil))
            }
        }
        try await send(new, client)
        return outcome(revision.label, outcomes)
    }

    /// The newest revision of the list when it has all domains; else the next one, which adds those that are new at its end.
    private func revision(of domains: [DomainName], _ client: DaemonClient) async throws -> DomainSetRevision {
        let newest = try await client.domainSets().first { $0.name == set }?.latest
        let listed = newest?.domains.map(\.name) ?? []
        let known = Set(listed)
        let missing = domains.filter { !known.contains($0) }
        if let newest, missing.isEmpty { return newest }
        if let newest, newest.kind == .documents {
            throw CommandFailure(
                "The domain set \(set) has documents, and \(missing[0]) is none of its domains. Name another one with --domain-set.")
        }
        // The seed says nothing about a list of names. It keeps apart the same list under two names, whose content is else the same.
        let seed = Digest(ofText: set).bytes.prefix(7).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let upload = DomainSetUpload(kind: .summary, split: "reported", seed: seed, domains: listed + missing)
        return try await client.addRevision(of: set, upload, documents: [DocumentLine]()).revision
    }

    private func addCheckpoints(of plan: RecordingPlan, isNew: Bool, _ client: DaemonClient) async throws {
        var wanted = plan.checkpoints
        if let own = plan.baseline, !wanted.contains(own) { wanted.insert(own, at: 0) }
        for (index, checkpoint) in wanted.enumerated() {
            // What a table calls its baseline is one for a new lineage only; a lineage that has one keeps it unless it is told otherwise.
            let isBaseline = checkpoint == plan.baseline && (isNew || baseline != nil)
            _ = try await client.addCheckpoint(
                AddCheckpointRequest(
                    lineage: lineage, checkpoint: checkpoint, baseline: isBaseline, inDomain: index == 0 ? inDomain : [], evaluate: false))
        }
    }

    private func send(_ runs: [RecordRunRequest], _ client: DaemonClient) async throws {
        guard !runs.isEmpty else { return }
        var refused: Problem?
        var answered = 0
        try await client.recordRuns(runs) { answer in
            if let problem = answer.problem { refused = refused ?? problem }
            answered += answer.line == nil ? 0 : 1
        }
        if let refused { throw CommandFailure("A run was not recorded: \(refused)") }
        guard answered == runs.count else {
            throw CommandFailure("Only \(answered) of \(runs.count) runs were recorded. The same command again records the others.")
        }
    }

    private func outcome(_ set: String, _ runs: [RecordOutcome.Run]) -> RecordOutcome {
        RecordOutcome(
            lineage: lineage, domainSet: set, runs: runs,
            skipped: table.skipped.map { .init(place: $0.place, field: $0.field, reason: $0.reason) }, skippedCount: table.skippedCount)
    }

    private func outcome(
        of run: RecordingPlan.Run, _ id: RunID?, _ verdict: RecordOutcome.Run.Verdict, supersedes: RunID? = nil, beside: [RunID] = []
    ) -> RecordOutcome.Run {
        RecordOutcome.Run(
            checkpoint: "\(lineage)/\(run.checkpoint.name)", run: id, verdict: verdict, domains: run.table.domains.count,
            scoring: .stated(run.table.key.scoring), aggregation: run.table.key.aggregation, supersedes: supersedes, beside: beside)
    }
}
