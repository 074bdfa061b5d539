import TrackCore
import TrackEvaluators

/// What `track record` did, for people.
package enum RecordText {
    package static func outcome(_ outcome: RecordOutcome, _ look: Look) -> String {
        var table = TextTable(("checkpoint", .left), ("protocol", .left), ("domains", .right), ("", .left), ("run", .left))
        for run in outcome.runs {
            table.add([
                .init(run.checkpoint), .init(protocolText(run)), .init(NumberText.grouped(Int64(run.domains))), .init(word(run)),
                .init(run.run?.description ?? NumberText.none),
            ])
        }
        var lines = [table.text(look), ""]
        for run in outcome.runs {
            if let old = run.supersedes { lines.append("Run \(old) of \(run.checkpoint) is superseded by it.") }
            for other in run.beside {
                lines.append("Run \(other) of \(run.checkpoint) stays, with domains that this table has not; the newer one is shown.")
            }
        }
        let accepted = outcome.runs.count { $0.verdict == .accepted }
        let duplicates = outcome.runs.count { $0.verdict == .duplicate }
        if outcome.runs.contains(where: { $0.verdict == .planned }) {
            lines.append("\(NumberText.counted(outcome.runs.count, "summary run")) would be recorded in the lineage \(outcome.lineage).")
        } else {
            let recorded = NumberText.counted(accepted, "summary run") + " recorded"
            let known = duplicates > 0 ? ", \(duplicates) recorded already" : ""
            lines.append("\(recorded)\(known) on \(outcome.domainSet). `track report --lineage \(outcome.lineage)` writes its card.")
        }
        if outcome.skippedCount > 0 {
            lines.append("\(skipped(outcome.skippedCount)) skipped, named above.")
        }
        return lines.joined(separator: "\n")
    }

    /// On a line, how far the reading has come.
    static func progress(_ line: ProgressLine) -> ReadingProgress {
        ReadingProgress { done, all in
            let share = all > 0 ? Int(100 * Double(done) / Double(all)) : 100
            line.show("reading: \(share) %, \(NumberText.bytes(done)) of \(NumberText.bytes(all))")
        }
    }

    static func skipped(_ count: Int) -> String { NumberText.counted(count, "row or value", plural: "rows or values") }

    private static func protocolText(_ run: RecordOutcome.Run) -> String {
        run.aggregation == .documentWeighted ? run.scoring.summary + "; document-weighted" : run.scoring.summary
    }

    private static func word(_ run: RecordOutcome.Run) -> String {
        switch run.verdict {
        case .accepted: "recorded"
        case .duplicate: "recorded already"
        case .planned: "would be recorded"
        }
    }
}
