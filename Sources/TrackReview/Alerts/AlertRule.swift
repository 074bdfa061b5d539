package import TrackCore

/// What raises an alert.
package enum AlertRule: String, Hashable, Sendable, Codable, CaseIterable {
    /// At least one OOD domain of the lineage's newest judged checkpoint regressed against the baseline.
    case oodRegression = "ood_regression"

    /// What an alert is about, for as long as it lasts: rule and lineage, never a value, a checkpoint or a run. One lineage has one
    /// alert however many domains regress.
    package func fingerprint(lineage: String) -> Digest {
        CanonicalJSON.object(["lineage": .string(lineage), "rule": .string(rawValue)]).digest
    }
}
