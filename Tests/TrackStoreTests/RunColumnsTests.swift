import Testing
import TrackCore

@Suite struct RunColumnsTests {
    @Test("every run comes back from its columns with its digest; what was not evaluated stays absent")
    func roundTrip() {
        var random = SeededRandom(11)
        let revision = RandomRun.revision()
        for _ in 0..<500 {
            let run = RandomRun.make(
                checkpoint: CheckpointKey(lineage: "l", digest: Digest(ofText: "c")), revision: revision, using: &random)
            #expect(run.faults(against: revision).isEmpty)
            let columns = RunColumns(run, revision: revision)
            var back = run
            back.content = columns.content(revision: revision)
            #expect(back.digest == run.digest, "\(run)")
            let count = revision.domains.count
            #expect(
                [columns.status.count, columns.nll.count, columns.tokens.count, columns.bytes.count, columns.words.count].allSatisfy {
                    $0 == count
                })
            #expect(columns.histogram.isEmpty || columns.histogram.count == count * TokenHistogram.binCount)
            #expect(columns.documents.map { $0.scored.reduce(0) { $0 + Int($1) } } == columns.documents?.nll.count)
        }
    }

    @Test("values stand at their domain's place in the frozen order, whatever the order of the record")
    func positions() throws {
        let revision = RandomRun.revision()
        var random = SeededRandom(12)
        let scores = DocumentScores(nll: [1.5, 2.5], tokens: [3, 4], bytes: [10, 11], words: [1, 2], histogram: [])
        var run = RandomRun.make(
            checkpoint: CheckpointKey(lineage: "l", digest: Digest(ofText: "c")), revision: revision, using: &random)
        run.content = .documents([
            DomainMeasurement(domain: revision.domains[3].name, outcome: .failed(reason: "NaN")),
            DomainMeasurement(domain: revision.domains[1].name, outcome: .measured(scores)),
        ])
        let columns = RunColumns(run, revision: revision)
        #expect(columns.status == [0, 1, 0, 2, 0])
        #expect(columns.nll == [0, 4, 0, 0, 0])
        #expect(columns.tokens == [0, 7, 0, 0, 0])
        #expect(columns.bytes == [0, 21, 0, 0, 0])
        #expect(columns.words == [0, 3, 0, 0, 0])
        #expect(columns.documents?.scored == [0, 2, 0, 0, 0])
        #expect(columns.documents?.nll == [1.5, 2.5])
        #expect(columns.failures == [.init(position: 3, reason: "NaN")])
    }
}
