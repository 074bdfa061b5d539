import FoundationEssentials
package import TrackCore

extension RecordingPlan.Run {
    /// What becomes of a run, given what was recorded of its checkpoint before.
    package enum Step: Sendable {
        /// The same numbers are recorded and stand.
        case recorded(RunID)
        /// The run, and earlier tables that it does not replace because they have domains which it has not.
        case new(EvaluationRun, beside: [RunID])
    }

    /// - Parameters:
    ///   - set: the name of the domain set.
    ///   - revision: of that set, which has all the run's domains.
    ///   - recorded: what the daemon holds of the checkpoint, newest first.
    package func step(lineage: String, set: String, revision: Digest, recorded: [RunView]) -> Step {
        let key = CheckpointKey(lineage: lineage, digest: checkpoint.digest)
        let superseded = Set(recorded.compactMap(\.supersedes))
        let standing = recorded.filter { view in
            view.reason == .imported && view.scoring == .stated(table.key.scoring) && view.aggregation == table.key.aggregation
                && view.domainSet.split(separator: "@").first.map(String.init) == set && !superseded.contains(view.id)
        }
        if let same = standing.first(where: { id(key, set: set, supersedes: $0.supersedes) == $0.id }) { return .recorded(same.id) }
        let own = Set(table.domains.map(\.domain))
        let (replaced, beside) = (
            standing.filter { own.isSuperset(of: $0.domains.map(\.name)) }, standing.filter { !own.isSuperset(of: $0.domains.map(\.name)) }
        )
        var run = self.run(key, revision: revision, supersedes: replaced.first?.id)
        run.id = id(key, set: set, supersedes: run.supersedes)
        return .new(run, beside: beside.map(\.id))
    }

    private func run(_ key: CheckpointKey, revision: Digest, supersedes: RunID?) -> EvaluationRun {
        EvaluationRun(
            id: RunID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))), checkpoint: key, revision: revision,
            scoring: .stated(table.key.scoring), evaluator: table.evaluator, environment: table.environment, reason: .imported,
            evaluatedAt: table.evaluatedAt, supersedes: supersedes, content: .summary(table.key.aggregation, table.domains))
    }

    /// The identity of a table's numbers: of what they say, and not of the file, its time or the revision that lists their domains. The
    /// same table again has the same id, and is recognised by it.
    private func id(_ key: CheckpointKey, set: String, supersedes: RunID?) -> RunID {
        var statement = run(key, revision: Digest(ofText: set), supersedes: supersedes)
        statement.evaluator = ""
        statement.environment = [:]
        statement.evaluatedAt = Timestamp(milliseconds: 0)
        return RunID(ofStatement: statement.digest)
    }
}
