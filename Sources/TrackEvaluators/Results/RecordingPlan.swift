package import TrackCore

/// A table of results as what will be recorded: checkpoints with names, one list of domains, and a summary run per checkpoint and protocol.
package struct RecordingPlan: Sendable {
    package struct Run: Sendable {
        package let checkpoint: CheckpointDescription
        package let table: ReportedRun
    }

    package let lineage: String
    /// The baseline first, then by step. Of those that the lineage has already, their own descriptions.
    package let checkpoints: [CheckpointDescription]
    /// The one that the source or the person calls the baseline; nil when nobody does.
    package let baseline: CheckpointDescription?
    /// Of all runs, in the order of the source.
    package let domains: [DomainName]
    package let runs: [Run]

    /// - Parameters:
    ///   - known: checkpoints that the lineage has: a name of the table that is one of theirs means that checkpoint.
    ///   - name: of the table's only checkpoint, where its own is not wanted.
    ///   - baseline: the name of the checkpoint that the others are held against.
    /// - Throws: ``RecordingPlanError``
    package init(
        _ table: ReportedTable, lineage: String, known: [CheckpointDescription] = [], name: String? = nil, baseline: String? = nil
    ) throws(RecordingPlanError) {
        var names = Names(known: known, only: name)
        var runs: [Run] = []
        var marked: CheckpointDescription?
        for reported in table.runs {
            let checkpoint = try names.description(of: reported.key.checkpoint)
            runs.append(Run(checkpoint: checkpoint, table: reported))
            if reported.isBaseline { marked = marked ?? checkpoint }
        }
        var seen: Set<DomainName> = []
        domains = runs.flatMap { $0.table.domains.map(\.domain) }.filter { seen.insert($0).inserted }
        var found: [CheckpointDescription] = []
        for run in runs where !found.contains(run.checkpoint) { found.append(run.checkpoint) }
        if let baseline {
            guard let chosen = found.first(where: { $0.name == baseline }) ?? known.first(where: { $0.name == baseline }) else {
                throw .unknownBaseline(baseline, found.map(\.name))
            }
            marked = chosen
        }
        let isFirst = { (checkpoint: CheckpointDescription) in checkpoint == marked }
        let place = { (offset: Int) in (isFirst(found[offset]) ? 0 : 1, found[offset].step ?? .max, offset) }
        checkpoints = found.indices.sorted { place($0) < place($1) }.map { found[$0] }
        self.lineage = lineage
        self.baseline = marked
        self.runs = runs
    }
}

/// Why a table cannot be recorded. The description is the sentence for the person.
package enum RecordingPlanError: Error, Hashable, Sendable, CustomStringConvertible {
    case unusableName(String)
    case clash(name: String, labels: [String])
    case severalCheckpoints([String])
    case unknownBaseline(String, [String])

    package var description: String {
        switch self {
        case .unusableName(let label):
            "\(label.debugDescription) cannot name a checkpoint: it needs a letter or a digit. Name it with --checkpoint."
        case .clash(let name, let labels): "\(labels.joined(separator: " and ")) would both be the checkpoint \(name). Rename one of them."
        case .severalCheckpoints(let labels):
            "--checkpoint names one checkpoint, and there are \(labels.count): \(labels.joined(separator: ", "))."
        case .unknownBaseline(let name, let names):
            "No checkpoint is called \(name), which --baseline names; there are \(names.joined(separator: ", "))."
        }
    }
}

/// Gives the checkpoints of a table their names.
private struct Names {
    private let known: [String: CheckpointDescription]
    private let only: String?
    private var given: [ReportedCheckpoint: CheckpointDescription] = [:]

    init(known: [CheckpointDescription], only: String?) {
        self.known = Dictionary(known.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.only = only
    }

    mutating func description(of reported: ReportedCheckpoint) throws(RecordingPlanError) -> CheckpointDescription {
        if let description = given[reported] { return description }
        let description = try make(reported)
        given[reported] = description
        return description
    }

    private func make(_ reported: ReportedCheckpoint) throws(RecordingPlanError) -> CheckpointDescription {
        if only != nil, !given.isEmpty { throw .severalCheckpoints((given.keys.map(\.label) + [reported.label]).sorted()) }
        guard let suggested = only ?? reported.suggestedName else { throw .unusableName(reported.label) }
        let same = known.values.first { $0.digest == reported.digest }
        if let same, only == nil || same.name == only { return same }
        // What is called as one of the lineage's own means it, unless that one is another reported checkpoint.
        if let own = known[suggested], only != nil || !own.isReported { return own }
        let candidates = [suggested, reported.step.map { Name.slug(of: "\(reported.label)-step-\($0)") } ?? Name.slug(of: reported.label)]
        let taken = Set(given.values.map(\.name)).union(known.keys)
        guard let name = candidates.compactMap({ $0 }).first(where: { !taken.contains($0) }) else {
            let others = given.filter { $0.value.name == suggested }.keys.map(\.label) + (known[suggested].map { [$0.uri] } ?? [])
            throw .clash(name: suggested, labels: others + [reported.label])
        }
        return reported.description(name: name)
    }
}
