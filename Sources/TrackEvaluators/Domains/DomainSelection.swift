package import TrackCore

/// Chooses and orders the documents of a revision: a stratified sample with a stored seed.
///
/// Per domain the documents are put in their ``SelectionOrder``; what is taken of a domain is always the front of it.
///
/// With a target per domain, whole documents are taken until it is reached. Where a source has not reached its own target then, its
/// remaining documents are drawn one after another, each equally likely (by ``SelectionRandom`` with the source's name), and every draw
/// takes the next document of the domain it fell upon: large domains give more.
package enum DomainSelection {
    /// - Parameter targets: the document that reaches one is the last; a domain gives at least one. Nil takes all.
    /// - Returns: The domains with their chosen documents in the frozen order.
    package static func select(_ domains: [DomainIndex.Domain], seed: Int64, targets: SelectionTargets?) -> [DomainIndex.Domain] {
        let ordered = domains.sorted { $0.name < $1.name }.map { permuted($0, seed: seed) }
        guard let targets else { return ordered }
        var taken = ordered.map { count(of: $0, reaching: targets.perDomain ?? 0, targets.unit) }
        if let target = targets.perSource {
            for source in Dictionary(grouping: ordered.indices, by: { ordered[$0].name.source }).sorted(by: { $0.key < $1.key }) {
                fill(source.key, source.value, ordered, &taken, to: target, targets.unit, seed: seed)
            }
        }
        return zip(ordered, taken).map { DomainIndex.Domain(name: $0.name, entries: Array($0.entries.prefix($1))) }
    }

    private static func permuted(_ domain: DomainIndex.Domain, seed: Int64) -> DomainIndex.Domain {
        let entries = SelectionOrder.permuted(domain.entries, by: \.digest, domain: domain.name, seed: seed)
        return DomainIndex.Domain(name: domain.name, entries: entries)
    }

    private static func count(of domain: DomainIndex.Domain, reaching target: Int64, _ unit: SelectionTargets.Unit) -> Int {
        var amount: Int64 = 0
        for (position, entry) in domain.entries.enumerated() {
            if amount >= target, position > 0 { return position }
            amount += entry.amount(in: unit)
        }
        return domain.entries.count
    }

    private static func fill(
        _ source: String, _ members: [Int], _ domains: [DomainIndex.Domain], _ taken: inout [Int], to target: Int64,
        _ unit: SelectionTargets.Unit, seed: Int64
    ) {
        var amount = members.reduce(Int64(0)) { sum, member in
            domains[member].entries.prefix(taken[member]).reduce(sum) { $0 + $1.amount(in: unit) }
        }
        // A ticket per remaining document, which names its domain.
        var tickets = members.flatMap { member in repeatElement(UInt32(member), count: domains[member].entries.count - taken[member]) }
        var random = SelectionRandom(seed: seed, name: source)
        var remaining = tickets.count
        while amount < target, remaining > 0 {
            remaining -= 1
            tickets.swapAt(remaining, Int(random.next(below: UInt64(remaining) + 1)))
            let member = Int(tickets[remaining])
            amount += domains[member].entries[taken[member]].amount(in: unit)
            taken[member] += 1
        }
    }
}

extension DomainIndex.Entry {
    func amount(in unit: SelectionTargets.Unit) -> Int64 {
        switch unit {
        case .bytes: Int64(bytes)
        case .tokens: Int64(tokens)
        }
    }
}

extension SelectionTargets {
    /// Where the documents did not reach what was asked, a sentence each.
    package func shortfalls(of chosen: [DomainIndex.Domain]) -> [String] {
        func sentence(_ name: String, _ amount: Int64, _ target: Int64) -> String {
            "\(name) has only \(amount) of \(target) \(unit.rawValue); all of its documents were taken."
        }
        var sentences: [String] = []
        if let perDomain {
            for domain in chosen where domain.amount(in: unit) < perDomain {
                sentences.append(sentence("Domain \(domain.name)", domain.amount(in: unit), perDomain))
            }
        }
        if let perSource {
            for (source, domains) in Dictionary(grouping: chosen, by: \.name.source).sorted(by: { $0.key < $1.key }) {
                let amount = domains.reduce(0) { $0 + $1.amount(in: unit) }
                if amount < perSource { sentences.append(sentence("Source \(source)", amount, perSource)) }
            }
        }
        return sentences
    }
}

extension DomainIndex.Domain {
    package func amount(in unit: SelectionTargets.Unit) -> Int64 { entries.reduce(0) { $0 + $1.amount(in: unit) } }
}
