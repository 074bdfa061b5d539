/// Which tokens moved in one domain between two runs over the same documents, under one tokenizer: the types whose summed NLL changed most.
package struct DomainMoves: Hashable, Sendable, Codable {
    package var name: DomainName
    /// Of the domain's summed NLL, in nats.
    package var change: Double
    /// The largest change first.
    package var moves: [TypeMove]

    package init(name: DomainName, change: Double, moves: [TypeMove]) {
        self.name = name
        self.change = change
        self.moves = moves
    }
}

/// One vocabulary type's part in it.
package struct TypeMove: Hashable, Sendable, Codable {
    package var id: Int64
    package var text: String
    /// Its tokens in these documents.
    package var count: Int64
    /// Summed NLL in nats, before and now; nil where a run does not list the type, because others carry more loss there.
    package var reference: Double?
    package var current: Double?
    /// What its summed NLL changed by, in nats. Both are the same where both runs list it; else it lies between them.
    package var low: Double
    package var high: Double
    /// Of the domain's change, at least so much, negative where the type went the other way; nil where that is not finite or 0.
    package var share: Double?

    package init(
        id: Int64, text: String, count: Int64, reference: Double?, current: Double?, low: Double, high: Double, share: Double?
    ) {
        self.id = id
        self.text = text
        self.count = count
        self.reference = reference
        self.current = current
        self.low = low
        self.high = high
        self.share = share
    }

    /// The change that is certain: the bound that is nearer to 0, or 0 where the type may not have changed at all.
    package var certain: Double { low > 0 ? low : high < 0 ? high : 0 }
    package var isExact: Bool { reference != nil && current != nil }
}
