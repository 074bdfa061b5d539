/// The domains of a run while they are read, one value after the other into its column.
struct IncomingDomains {
    private(set) var names = NameList()
    private(set) var columns = RunColumns()
    /// Whether every value is one that a run may have; see ``DocumentScores/faults(documents:)``, which says the same with reasons.
    private(set) var isSound = true

    private var documents = RunColumns.Documents(scored: [], nll: [], tokens: [], bytes: [], words: [])
    /// Which of the two forms the members belong to is known only when the whole run is read: the first place that shows each.
    private var summaryMember: JSONRefusal?
    private var documentsMember: JSONRefusal?
    private var isIncomplete: Int?

    init(_ reader: inout JSONReader) throws(JSONRefusal) {
        try reader.readArray { (reader) throws(JSONRefusal) in try readDomain(&reader) }
        if !columns.types.isEmpty { columns.types += [TypeLosses?](repeating: nil, count: names.count - columns.types.count) }
        if !columns.histogram.isEmpty { pad(&columns.histogram, to: names.count * TokenHistogram.binCount) }
    }

    /// Says which form the run has: a summary where there is an aggregation.
    mutating func settle(_ aggregation: Aggregation?) throws(JSONRefusal) {
        columns.aggregation = aggregation
        if aggregation == nil { columns.documents = documents }
        if let start = isIncomplete {
            throw JSONRefusal(offset: start, member: aggregation == nil ? "status" : "mean_nll", reason: "is missing")
        }
        if let misplaced = aggregation == nil ? summaryMember : documentsMember { throw misplaced }
    }

    // MARK: One domain

    private mutating func readDomain(_ reader: inout JSONReader) throws(JSONRefusal) {
        let index = names.count
        var hasName = false
        var mean: Double?
        var tokens: Int64?
        var bytes: Int64?
        var status: RunColumns.Status?
        var reason: String?
        var totals: Totals?
        var histogramTotal: Int64?
        var types: TypeLosses?
        let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
            switch key {
            case "name":
                try reader.readWord().withBytes { names.append($0) }
                hasName = true
            case "mean_nll":
                mean = try reader.readDouble()
                note(key, &summaryMember)
            case "tokens", "bytes":
                note(key, &summaryMember)
                guard try !reader.readNull() else { return }
                let count = try reader.readInt64()
                if count < 1 { isSound = false }
                if case "tokens" = key { tokens = count } else { bytes = count }
            case "status":
                status = try reader.read(RunColumns.Status.init(word:), otherwise: "must be \"ok\" or \"failed\"")
                note(key, &documentsMember)
            case "reason":
                reason = try reader.readString(limit: IncomingRun.longText)
                note(key, &documentsMember)
            case "documents":
                totals = try readDocuments(&reader)
                note(key, &documentsMember)
            case "histogram":
                note(key, &documentsMember)
                guard try !reader.readNull() else { return }
                histogramTotal = try readHistogram(&reader, index: index)
            case "types":
                note(key, &documentsMember)
                types = try reader.readNull() ? nil : TypeLosses(&reader)
            default: throw reader.unknown(key)
            }
        }
        guard hasName else { throw JSONRefusal(offset: start, member: "name", reason: "is missing") }
        switch (mean, status) {
        case (nil, nil): isIncomplete = isIncomplete ?? start
        case (let mean?, _):
            if mean.isNaN || mean < 0 { isSound = false }
            append(.measured, Totals(nll: mean, tokens: tokens ?? 0, bytes: bytes ?? 0))
        case (nil, .failed):
            let reason = try reader.required(reason, "reason", of: start)
            guard totals == nil, histogramTotal == nil, types == nil else {
                throw JSONRefusal(offset: start, member: "documents", reason: "does not belong to a failed domain")
            }
            if reason.isEmpty { isSound = false }
            columns.failures.append(RunColumns.Failure(position: index, reason: reason))
            append(.failed, Totals())
        case (nil, _):
            let totals = try reader.required(totals, "documents", of: start)
            guard reason == nil else { throw JSONRefusal(offset: start, member: "reason", reason: "does not belong to a measured domain") }
            if let histogramTotal, histogramTotal != totals.tokens { isSound = false }
            if let types {
                if !types.faults(tokens: totals.tokens, nll: totals.nll).isEmpty { isSound = false }
                columns.types += [TypeLosses?](repeating: nil, count: index - columns.types.count) + [types]
            }
            append(.measured, totals)
        }
    }

    private mutating func append(_ status: RunColumns.Status, _ totals: Totals) {
        columns.status.append(status.rawValue)
        columns.nll.append(totals.nll)
        columns.tokens.append(totals.tokens)
        columns.bytes.append(totals.bytes)
        columns.words.append(totals.words)
        documents.scored.append(totals.documents)
    }

    private func note(_ key: JSONReader.Text, _ place: inout JSONRefusal?) {
        guard place == nil else { return }
        place = JSONRefusal(
            offset: key.offset, member: key.string,
            reason: "does not fit the run: a summary has \"aggregation\" and \"mean_nll\", a run with documents has neither")
    }

    // MARK: Its documents

    private struct Totals {
        var nll = 0.0
        var tokens: Int64 = 0
        var bytes: Int64 = 0
        var words: Int64 = 0
        var documents: Int32 = 0
    }

    private mutating func readDocuments(_ reader: inout JSONReader) throws(JSONRefusal) -> Totals {
        let first = documents.nll.count
        var totals = Totals()
        var hasNLL = false
        var counts: [(name: String, count: Int?)] = [("tokens", nil), ("bytes", nil), ("words", nil)]
        let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
            switch key {
            case "nll":
                try readNLL(&reader)
                hasNLL = true
            case "tokens": counts[0].count = try IncomingDomains.read(&reader, into: &documents.tokens, from: 1, &totals.tokens, &isSound)
            case "bytes": counts[1].count = try IncomingDomains.read(&reader, into: &documents.bytes, from: 1, &totals.bytes, &isSound)
            case "words": counts[2].count = try IncomingDomains.read(&reader, into: &documents.words, from: 0, &totals.words, &isSound)
            default: throw reader.unknown(key)
            }
        }
        guard hasNLL else { throw JSONRefusal(offset: start, member: "nll", reason: "is missing") }
        let count = documents.nll.count - first
        for column in counts where try reader.required(column.count, column.name, of: start) != count { isSound = false }
        guard count > 0, let scored = Int32(exactly: count) else {
            isSound = false
            return totals
        }
        totals.nll = CompensatedTotal.of(documents.nll[first...])
        totals.documents = scored
        return totals
    }

    private mutating func readNLL(_ reader: inout JSONReader) throws(JSONRefusal) {
        try reader.readArray { (reader) throws(JSONRefusal) in
            let value = try reader.readDouble()
            if value.isNaN || value < 0 { isSound = false }
            documents.nll.append(value)
        }
    }

    /// - Returns: how many there are.
    private static func read(
        _ reader: inout JSONReader, into column: inout [Int32], from least: Int64, _ total: inout Int64, _ isSound: inout Bool
    ) throws(JSONRefusal) -> Int {
        let first = column.count
        try reader.readArray { (reader) throws(JSONRefusal) in
            let value = try reader.readInt64()
            if value < least || value > Int64(Int32.max) { isSound = false }
            column.append(Int32(truncatingIfNeeded: value))
            total &+= value
        }
        return column.count - first
    }

    /// - Returns: the sum of the counts; nil for none.
    private mutating func readHistogram(_ reader: inout JSONReader, index: Int) throws(JSONRefusal) -> Int64? {
        var counts: [Int64] = []
        try reader.readArray { (reader) throws(JSONRefusal) in counts.append(try reader.readInt64()) }
        guard !counts.isEmpty else { return nil }
        guard counts.count == TokenHistogram.binCount, counts.allSatisfy({ $0 >= 0 }) else {
            isSound = false
            return nil
        }
        pad(&columns.histogram, to: index * TokenHistogram.binCount)
        columns.histogram += counts
        return counts.reduce(0, &+)
    }

    /// Zeros for the domains before, which had no histogram.
    private func pad(_ histogram: inout [Int64], to count: Int) {
        histogram.append(contentsOf: repeatElement(0, count: max(0, count - histogram.count)))
    }
}

extension RunColumns {
    fileprivate init() {
        self.init(
            aggregation: nil, status: [], nll: [], tokens: [], bytes: [], words: [], histogram: [], documents: nil, failures: [])
    }
}

extension RunColumns.Status {
    fileprivate init?(word: String) {
        switch word {
        case "ok": self = .measured
        case "failed": self = .failed
        default: return nil
        }
    }
}
