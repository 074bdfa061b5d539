/// What the source of a table says its numbers mean. Nobody here scored anything, so that nothing more is known.
package struct StatedProtocol: Hashable, Sendable, Codable {
    /// What a mean NLL is a mean over, and a perplexity is per.
    package enum Unit: String, Sendable, Codable, CaseIterable {
        case token, byte, word
    }

    /// In the source's own words, for example `as reported, text format raw`.
    package var statement: String
    package var unit: Unit

    package init(statement: String, unit: Unit = .token) {
        self.statement = statement
        self.unit = unit
    }

    /// 1 to 1,000 UTF-8 bytes in one line.
    package var isUsable: Bool {
        (1...1000).contains(statement.utf8.count) && !statement.utf8.contains { $0 < 0x20 || $0 == 0x7f }
    }

    package static let rule = "must have 1 to 1000 bytes and no control character"
}

/// What a run's numbers mean: how an evaluator scored, or what the source of a table states. Two numbers compare only under one digest.
package enum RunProtocol: Hashable, Sendable {
    case scored(ScoringProtocol)
    /// Of a summary only.
    case stated(StatedProtocol)

    package var canonical: CanonicalJSON {
        switch self {
        case .scored(let scoring): scoring.canonical
        case .stated(let stated): .object(["statement": .string(stated.statement), "unit": .string(stated.unit.rawValue)])
        }
    }

    package var digest: Digest { canonical.digest }

    /// What the means of a summary under it are means over.
    package var unit: StatedProtocol.Unit {
        switch self {
        case .scored: .token
        case .stated(let stated): stated.unit
        }
    }

    /// How documents were scored; nil where a source only states it.
    package var scoring: ScoringProtocol? {
        if case .scored(let scoring) = self { scoring } else { nil }
    }

    /// One line for people.
    package var summary: String {
        switch self {
        case .scored(let scoring): scoring.summary
        case .stated(let stated): stated.unit == .token ? stated.statement : "\(stated.statement); per \(stated.unit.rawValue)"
        }
    }

    /// What keeps it from meaning anything; empty when nothing does. Fields are pointers into the protocol.
    package var faults: [Fault] {
        switch self {
        case .scored(let scoring): scoring.faults
        case .stated(let stated): stated.isUsable ? [] : [Fault(field: "/statement", reason: StatedProtocol.rule)]
        }
    }
}

/// On the wire a stated protocol is known by its member `statement`.
extension RunProtocol: Codable {
    private enum CodingKeys: String, CodingKey { case statement }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self = container.contains(.statement) ? .stated(try StatedProtocol(from: decoder)) : .scored(try ScoringProtocol(from: decoder))
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .scored(let scoring): try scoring.encode(to: encoder)
        case .stated(let stated): try stated.encode(to: encoder)
        }
    }
}
