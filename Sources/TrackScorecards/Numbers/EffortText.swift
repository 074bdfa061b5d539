import TrackCore

/// What an evaluation cost and how well its evaluator repeated itself, in words and units.
enum EffortText {
    /// Only what is known, the speed first.
    static func parts(_ effort: EvaluationEffort) -> [String] {
        var parts: [String] = []
        if let speed = effort.tokensPerSecond { parts.append(NumberText.fixed(speed, decimals: speed < 10 ? 1 : 0) + " tokens/s") }
        if let memory = effort.peakMemoryBytes { parts.append(NumberText.bytes(memory) + " at the peak") }
        if let noise = effort.noise { parts.append(repeats(noise)) }
        if let resumed = effort.resumedDomains, resumed > 0 { parts.append("\(Plural.domains(Int(resumed))) of an attempt before") }
        return parts
    }

    /// The noise is relative to a document's NLL.
    private static func repeats(_ noise: Double) -> String {
        guard noise.isFinite else { return "does not repeat itself" }
        guard noise > 0 else { return "repeats itself exactly" }
        return "repeats itself to " + (noise < 0.001 ? NumberText.scientific(noise, decimals: 0) : NumberText.share(noise))
    }
}
