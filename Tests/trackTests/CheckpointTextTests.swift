import Testing
import TrackCore
import track

@Suite struct CheckpointTextTests {
    private func answer(created: Bool, job: JobView?) -> AddCheckpointResponse {
        let description = CheckpointDescription(
            name: "checkpoint-120", uri: "file:///x", digest: Digest(ofText: "weights"), step: 120, parameters: 697_344,
            architecture: "LlamaForCausalLM", tokenizer: Digest(ofText: "tokenizer"), maximumContext: 128)
        let checkpoint = Checkpoint(
            id: 3, lineage: "legal-tune", description: description, parent: 2, isBaseline: false, addedAt: Timestamp(milliseconds: 0))
        return AddCheckpointResponse(checkpoint: checkpoint, created: created, job: job, notes: ["Its tokenizer differs."])
    }

    private func job(_ state: JobState) -> JobView {
        JobView(
            id: 7, state: state, reason: .added, checkpoint: "legal-tune/checkpoint-120", domainSet: "heldout@1",
            scoring: ScoringProtocol(), evaluator: "transformers", queuedAt: Timestamp(milliseconds: 0), finishedAt: nil, attempts: 0,
            lastError: nil, run: nil, progress: nil)
    }

    @Test("a new checkpoint is told with what was understood and what happens next")
    func new() {
        #expect(
            CheckpointText.added(answer(created: true, job: job(.queued)), parent: "checkpoint-96", notes: []) == """
                legal-tune/checkpoint-120: step 120, 0.70 M parameters, LlamaForCausalLM, context 128, tokenizer \
                \(Digest(ofText: "tokenizer").short), digest \(Digest(ofText: "weights").short).
                Registered as a new checkpoint, parent checkpoint-96.
                Evaluation queued on heldout@1 (job 7).
                `track show legal-tune/checkpoint-120` shows its numbers.
                Note: Its tokenizer differs.
                """)
    }

    @Test("the same again is told as such")
    func known() {
        let text = CheckpointText.added(answer(created: false, job: job(.succeeded)), parent: nil, notes: [])
        #expect(text.contains("\nAlready registered.\n"))
        #expect(text.contains("It is already evaluated on heldout@1 (job 7)."))
    }

    @Test("an empty list says how to begin")
    func emptyList() { #expect(CheckpointText.list([], Look(unicode: true, colour: false)).contains("track add")) }
}
