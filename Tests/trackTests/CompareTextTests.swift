import Testing
import TrackCore
import track

@Suite struct CompareTextTests {
    private func row(
        _ name: String, inDomain: Bool, _ verdict: DomainVerdict, _ ratio: Double?, reason: String? = nil
    ) throws -> CompareRow {
        CompareRow(
            name: try #require(DomainName(name)), isInDomain: inDomain, verdict: verdict, reason: reason, referencePerplexity: 10,
            perplexity: ratio.map { _ in 12 }, logRatio: ratio, low: ratio.map { $0 - 0.01 }, high: ratio.map { $0 + 0.01 },
            adjustedP: 0.0001, documents: 40)
    }

    private func view(_ rows: [CompareRow], unit: ComparisonUnit = .perplexity, notComparable: String? = nil) -> CompareView {
        CompareView(
            checkpoint: "l/b", reference: "l/a", run: nil, referenceRun: nil, notComparable: notComparable, unit: unit,
            sentence: "It diverged.", domains: rows)
    }

    @Test("the sentence comes first, then in-domain, then the largest changes; what was not evaluated comes last with its reason")
    func order() throws {
        let text = CompareText.view(
            view([
                try row("code/python", inDomain: false, .regressed, 0.1),
                try row("a/missing", inDomain: false, .notEvaluated, nil, reason: "NaN"),
                try row("code/perl", inDomain: false, .regressed, 1.1), try row("legal/licences", inDomain: true, .improved, -0.5),
            ]), Look(unicode: true, colour: false))
        let lines = text.split(separator: "\n")
        #expect(lines[0] == "It diverged.")
        #expect(lines.dropFirst(2).map { $0.prefix { $0 != " " } } == ["legal/licences", "code/perl", "code/python", "a/missing"])
        #expect(lines[2].contains("-39.3 %") && lines[2].hasSuffix("▼ improved"))
        #expect(lines.last?.hasSuffix("– not evaluated: NaN") == true)
    }

    @Test("what does not compare gives its reason and no table")
    func notComparable() {
        let text = CompareText.view(view([], notComparable: "the protocols differ"), Look(unicode: true, colour: false))
        #expect(text == "It diverged.\n≠ not comparable: the protocols differ")
    }

    @Test("another unit is said")
    func unit() throws {
        let rows = [try row("a/b", inDomain: false, .unchanged, 0)]
        let text = CompareText.view(view(rows, unit: .bitsPerByte), Look(unicode: true, colour: false))
        #expect(text.contains("bits per byte"))
    }
}
