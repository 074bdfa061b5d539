import TrackCore

/// The row of table `run_types`: what each domain of a run says of its types, as arrays, domain after domain.
struct TypeRow {
    /// Types per domain; 0 for a domain that says nothing, because one that does lists one at least.
    var kept: [Int32] = []
    var id: [Int32] = []
    var body: [String] = []
    var count: [Int64] = []
    var nll: [Double] = []
    var restCount: [Int64] = []
    var restNLL: [Double] = []

    init(kept: [Int32], id: [Int32], body: [String], count: [Int64], nll: [Double], restCount: [Int64], restNLL: [Double]) {
        self.kept = kept
        self.id = id
        self.body = body
        self.count = count
        self.nll = nll
        self.restCount = restCount
        self.restNLL = restNLL
    }

    /// - Parameter domains: without faults.
    init(_ domains: [TypeLosses?]) {
        for losses in domains {
            kept.append(Int32(losses?.id.count ?? 0))
            restCount.append(losses?.rest.count ?? 0)
            restNLL.append(losses?.rest.nll ?? 0)
            guard let losses else { continue }
            id += losses.id.map { Int32(truncatingIfNeeded: $0) }
            body += losses.text
            count += losses.count
            nll += losses.nll
        }
    }

    /// By position in the frozen order.
    var domains: [TypeLosses?] {
        var start = 0
        return kept.indices.map { position in
            let range = start..<(start + Int(kept[position]))
            start = range.upperBound
            guard !range.isEmpty else { return nil }
            return TypeLosses(
                id: id[range].map(Int64.init), text: Array(body[range]), count: Array(count[range]), nll: Array(nll[range]),
                rest: .init(count: restCount[position], nll: restNLL[position]))
        }
    }
}
