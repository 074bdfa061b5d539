/// Writes the canonical form of a run (see ``CanonicalJSON``) straight into its digest, without the tree in between.
///
/// The domains come in the order of their names. The members of every object stand in the order of their keys, which this file has by
/// writing them so.
struct CanonicalRun {
    private var stream = DigestStream()
    private var output: [UInt8] = []
    private var isFirst = true

    /// - Parameter domains: writes each domain, in the order of their names.
    static func digest(_ heading: RunHeading, _ aggregation: Aggregation?, _ domains: (inout CanonicalRun) -> Void) -> Digest {
        var form = CanonicalRun()
        form.output.reserveCapacity(piece + piece / 4)
        form.raw(#"{"checkpoint":{"digest":"#)
        form.text(heading.checkpoint.digest.description)
        form.raw(#","lineage":"#)
        form.text(heading.checkpoint.lineage)
        form.raw(#"},"content":{"#)
        if let aggregation {
            form.raw(#""aggregation":"#)
            form.text(aggregation.rawValue)
            form.raw(",")
        }
        form.raw(#""domains":["#)
        domains(&form)
        form.raw(#"],"kind":"#)
        form.text(aggregation == nil ? "documents" : "summary")
        form.raw("},")
        form.rest(of: heading)
        form.flush()
        return form.stream.finish()
    }

    private mutating func rest(of heading: RunHeading) {
        if let effort = heading.effort {
            raw(#""effort":"#)
            output += effort.canonical.bytes
            raw(",")
        }
        raw(#""environment":"#)
        output += CanonicalJSON.object(heading.environment.mapValues { .string($0) }).bytes
        raw(#","evaluated_at":"#)
        text(heading.evaluatedAt.description)
        raw(#","evaluator":"#)
        text(heading.evaluator)
        raw(#","id":"#)
        text(heading.id.description)
        raw(#","protocol":"#)
        output += heading.scoring.canonical.bytes
        raw(#","reason":"#)
        text(heading.reason.rawValue)
        raw(#","revision":"#)
        text(heading.revision.description)
        raw(#","supersedes":"#)
        if let id = heading.supersedes { text(id.description) } else { raw("null") }
        raw("}")
    }

    // MARK: Domains

    /// - Parameter name: of a domain, which never needs an escape.
    mutating func summary(_ name: some Collection<UInt8>, meanNLL: Double, tokens: Int64?, bytes: Int64?) {
        begin(#"{"bytes":"#)
        optional(bytes)
        raw(#","mean_nll":"#)
        CanonicalJSON.write(meanNLL, to: &output)
        self.name(name)
        raw(#","tokens":"#)
        optional(tokens)
        raw("}")
    }

    mutating func failed(_ name: some Collection<UInt8>, reason: String) {
        begin("{")
        raw(#""name":""#)
        output += name
        raw(#"","reason":"#)
        text(reason)
        raw(#","status":"failed"}"#)
    }

    mutating func measured<Count: FixedWidthInteger & SignedInteger>(
        _ name: some Collection<UInt8>, nll: ArraySlice<Double>, tokens: ArraySlice<Count>, bytes: ArraySlice<Count>,
        words: ArraySlice<Count>, histogram: ArraySlice<Int64>, types: TypeLosses?
    ) {
        begin(#"{"bytes":"#)
        integers(bytes)
        raw(#","histogram":"#)
        integers(histogram)
        self.name(name)
        raw(#","nll":"#)
        list(nll) { CanonicalJSON.write($0, to: &$1) }
        raw(#","status":"ok","tokens":"#)
        integers(tokens)
        // Only where there are any: a run without them has the digest that it always had.
        if let types { self.types(types) }
        raw(#","words":"#)
        integers(words)
        raw("}")
    }

    private mutating func types(_ types: TypeLosses) {
        raw(#","types":{"count":"#)
        integers(types.count[...])
        raw(#","id":"#)
        integers(types.id[...])
        raw(#","nll":"#)
        list(types.nll[...]) { CanonicalJSON.write($0, to: &$1) }
        raw(#","rest":{"count":"#)
        CanonicalJSON.write(types.rest.count, to: &output)
        raw(#","nll":"#)
        CanonicalJSON.write(types.rest.nll, to: &output)
        raw(#"},"text":"#)
        list(types.text[...]) { CanonicalJSON.write($0, to: &$1) }
        raw("}")
    }

    private mutating func begin(_ text: StaticString) {
        if !isFirst { raw(",") }
        isFirst = false
        if output.count >= CanonicalRun.piece { flush() }
        raw(text)
    }

    private mutating func name(_ name: some Collection<UInt8>) {
        raw(#","name":""#)
        output += name
        raw("\"")
    }

    // MARK: Values

    private mutating func raw(_ text: StaticString) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func text(_ text: String) { CanonicalJSON.write(text, to: &output) }

    private mutating func optional(_ value: Int64?) {
        if let value { CanonicalJSON.write(value, to: &output) } else { raw("null") }
    }

    private mutating func integers(_ values: ArraySlice<some FixedWidthInteger & SignedInteger>) {
        list(values) { CanonicalJSON.write(Int64($0), to: &$1) }
    }

    private mutating func list<Value>(_ values: ArraySlice<Value>, _ write: (Value, inout [UInt8]) -> Void) {
        raw("[")
        for (index, value) in values.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            write(value, &output)
        }
        raw("]")
    }

    private mutating func flush() {
        output.withUnsafeBytes { stream.update(pointer: $0) }
        output.removeAll(keepingCapacity: true)
    }

    /// So many bytes are digested at a time: the whole form of a large run is never in memory.
    private static let piece = 64 << 10
}

extension EvaluationRun {
    /// SHA-256 over the canonical form, which is kept with the run for ever. It does not depend on the order of the domains.
    package var digest: Digest {
        switch content {
        case .summary(let aggregation, let domains):
            CanonicalRun.digest(heading, aggregation) { form in
                for domain in domains.sorted(by: { $0.domain < $1.domain }) {
                    form.summary(
                        Array(domain.domain.description.utf8), meanNLL: domain.meanNLL, tokens: domain.tokens, bytes: domain.bytes)
                }
            }
        case .documents(let domains):
            CanonicalRun.digest(heading, nil) { form in
                for domain in domains.sorted(by: { $0.domain < $1.domain }) {
                    let name = Array(domain.domain.description.utf8)
                    switch domain.outcome {
                    case .failed(let reason): form.failed(name, reason: reason)
                    case .measured(let scores):
                        form.measured(
                            name, nll: scores.nll[...], tokens: scores.tokens[...], bytes: scores.bytes[...], words: scores.words[...],
                            histogram: scores.histogram[...], types: scores.types)
                    }
                }
            }
        }
    }
}

extension RunColumns {
    /// The digest of the run with this heading whose columns these are, at their places in the frozen order.
    package func digest(_ heading: RunHeading, order: FrozenOrder) -> Digest {
        let starts = documents?.starts ?? []
        let reasons = Dictionary(failures.map { ($0.position, $0.reason) }, uniquingKeysWith: { first, _ in first })
        return CanonicalRun.digest(heading, aggregation) { form in
            for position in order.byName {
                let name = order.names[position]
                switch Status(rawValue: status[position]) {
                case .notEvaluated, nil: continue
                case .failed: form.failed(name, reason: reasons[position] ?? "")
                case .measured:
                    guard let documents else {
                        form.summary(
                            name, meanNLL: nll[position], tokens: tokens[position] == 0 ? nil : tokens[position],
                            bytes: bytes[position] == 0 ? nil : bytes[position])
                        continue
                    }
                    let range = starts[position]..<starts[position + 1]
                    form.measured(
                        name, nll: documents.nll[range], tokens: documents.tokens[range], bytes: documents.bytes[range],
                        words: documents.words[range], histogram: bars(at: position), types: types.isEmpty ? nil : types[position])
                }
            }
        }
    }

    /// The counts of a domain's histogram; none where it had none, which its zeros show, because a document has a token at least.
    func bars(at position: Int) -> ArraySlice<Int64> {
        guard !histogram.isEmpty else { return [] }
        let bars = histogram[(position * TokenHistogram.binCount)..<((position + 1) * TokenHistogram.binCount)]
        return bars.allSatisfy { $0 == 0 } ? [] : bars
    }
}
