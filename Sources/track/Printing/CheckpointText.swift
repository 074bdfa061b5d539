package import TrackCore

/// Checkpoints for people.
package enum CheckpointText {
    /// `step 120, 0.70 M parameters, LlamaForCausalLM, tokenizer 3f2a5b…, digest 9c1b0e…`
    package static func facts(_ description: CheckpointDescription) -> String {
        var facts: [String] = []
        if let step = description.step { facts.append("step \(NumberText.grouped(step))") }
        if let parameters = description.parameters { facts.append(NumberText.parameters(parameters) + " parameters") }
        if let architecture = description.architecture { facts.append(architecture) }
        if let context = description.maximumContext { facts.append("context \(context)") }
        if let tokenizer = description.tokenizer { facts.append("tokenizer \(tokenizer.short)") }
        facts.append(description.isReported ? "weights unknown" : "digest \(description.digest.short)")
        return facts.joined(separator: ", ")
    }

    /// What `track add` did and what happens next.
    package static func added(_ answer: AddCheckpointResponse, parent: String?, notes: [String]) -> String {
        let checkpoint = answer.checkpoint
        var state: [String] = [answer.created ? "registered as a new checkpoint" : "already registered"]
        if checkpoint.isBaseline { state.append("the lineage's baseline") }
        if let parent { state.append("parent \(parent)") }
        var lines = ["\(checkpoint.label): \(facts(checkpoint.description)).", capitalized(state.joined(separator: ", ")) + "."]
        if let job = answer.job {
            lines.append(JobText.next(job))
            lines.append("`track show \(checkpoint.label)` shows its numbers.")
        }
        return (lines + (notes + answer.notes).map { "Note: " + $0 }).joined(separator: "\n")
    }

    package static func list(_ listings: [CheckpointListing], _ look: Look) -> String {
        guard !listings.isEmpty else { return "No checkpoint is registered yet. `track add FOLDER` registers one." }
        var table = TextTable(
            ("checkpoint", .left), ("step", .right), ("parameters", .right), ("in-domain", .right), ("OOD", .right), ("verdict", .left),
            ("evaluated", .left))
        for listing in listings {
            let description = listing.checkpoint.description
            table.add([
                .init(listing.checkpoint.label + (listing.checkpoint.isBaseline ? " (baseline)" : "")),
                .init(description.step.map(NumberText.grouped) ?? NumberText.none),
                .init(description.parameters.map(NumberText.parameters) ?? NumberText.none),
                .init(NumberText.change(logRatio: listing.inDomainLogRatio)), .init(NumberText.change(logRatio: listing.oodLogRatio)),
                verdict(listing),
                .init(
                    NumberText.time(listing.lastEvaluatedAt)
                        + (listing.openJobs > 0 ? " (\(NumberText.counted(listing.openJobs, "open job")))" : "")),
            ])
        }
        return table.text(look) + "\n\nChanges are of the perplexity against the lineage's baseline, the mean over domains."
    }

    private static func verdict(_ listing: CheckpointListing) -> TextTable.Cell {
        guard let word = listing.verdict else { return .init(NumberText.none, .faint) }
        switch word {
        case "diverged": return .init("▲▼ " + word, .red)
        case "observed diverged": return .init("△▽ observed to diverge, untested", .yellow)
        case "regressed": return .init("▲ " + word, .red)
        case "improved": return .init("▼ " + word, .green)
        case "unchanged": return .init("● " + word)
        case "undecided": return .init("◆ " + word, .yellow)
        default: return .init("– " + word, .faint)
        }
    }

    package static func view(_ view: CheckpointView, _ look: Look) -> String {
        let checkpoint = view.checkpoint
        let description = checkpoint.description
        var lines = [look.painted(checkpoint.label, .bold) + (checkpoint.isBaseline ? "  (baseline of \(checkpoint.lineage))" : "")]
        lines.append("  " + facts(description))
        lines.append("  " + description.uri)
        let weights = description.bytes.map { "weights \(NumberText.bytes($0)), " } ?? ""
        lines.append("  \(weights)added \(NumberText.time(checkpoint.addedAt))")
        let inDomain = view.lineage.inDomain
        lines.append(
            inDomain.isEmpty
                ? "  No in-domain domains are named: `track add FOLDER --in-domain SOURCE/DOMAIN` names one."
                : "  in-domain: " + inDomain.joined(separator: ", "))
        if view.runs.isEmpty { lines.append("\nNo run is recorded for it yet.") }
        for (index, run) in view.runs.enumerated() {
            lines.append("")
            lines.append(index == 0 ? RunText.full(run, lineage: view.lineage, look) : RunText.heading(run))
        }
        let open = view.jobs.filter(\.state.isOpen)
        if !open.isEmpty { lines.append("\n" + JobText.table(open, look)) }
        return lines.joined(separator: "\n")
    }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
