import TrackCore

/// Names of tables as names of this product: what a path cannot hold becomes `-`.
enum ReportedName {
    /// A set of one level uses the domain's name twice, as `sft-data/sft-data`.
    static func domain(source: String?, _ name: String) -> DomainName? {
        if source == nil, let whole = DomainName(name) { return whole }
        guard let domain = Name.slug(of: name) else { return nil }
        guard let source else { return DomainName(source: domain, domain: domain) }
        return Name.slug(of: source).flatMap { DomainName(source: $0, domain: domain) }
    }
}

extension ReportedCheckpoint {
    /// The last part of its label, and its step, for example `pythia-1b-step-10000`. Nil when nothing of it can be a name.
    package var suggestedName: String? {
        let base = label.split(separator: "/").last.flatMap { Name.slug(of: String($0)) }
        guard let step else { return base }
        return base.flatMap { Name.slug(of: "\($0)-step-\(step)") }
    }
}
