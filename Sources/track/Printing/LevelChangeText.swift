package import TrackCore

/// What new documents alone do to a perplexity, for people.
package enum LevelChangeText {
    package static func of(_ change: LevelChange) -> String {
        "\(change.checkpoint), unchanged, reads \(NumberText.perplexity(change.after.perplexity)) on \(change.after.domainSet) and "
            + "\(NumberText.perplexity(change.before.perplexity)) on \(change.before.domainSet) "
            + "(\(NumberText.change(logRatio: change.theta)), mean of \(NumberText.counted(change.domains, "domain"))): "
            + "a jump at this point is the documents', not the model's."
    }
}
