import FoundationEssentials
import TrackClient
import TrackCore
import TrackEvaluators

/// Small true-to-life values, from which the seeds are written.
enum Sample {
    static let time = Timestamp(milliseconds: 1_795_000_000_123)
    static let id = RunID(UUID(uuid: (1, 0x92, 0xf3, 0xa4, 0x5b, 0x6c, 0x7d, 0x8e, 0x9f, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66)))
    static let domains = ["legal/licences", "code/python"].compactMap { DomainName($0) }
    static let revision = revision(kind: .documents, digest: Digest(ofText: "revision"))
    /// With a document in each domain but the first, which has two.
    static func revision(kind: DomainSetRevision.Kind, digest: Digest) -> DomainSetRevision {
        DomainSetRevision(
            set: "held-out", number: 1, digest: digest, kind: kind, split: "val", seed: 7, createdAt: time,
            domains: domains.enumerated().map { DomainOfRevision(name: $1, documents: 2 - $0, bytes: 100, words: 10) })
    }

    /// The revision that a run names, so that nothing but its own content is at fault.
    static func revision(for run: EvaluationRun) -> DomainSetRevision {
        if case .summary = run.content { return revision(kind: .summary, digest: run.revision) }
        return revision(kind: .documents, digest: run.revision)
    }

    static let scores = DocumentScores(
        nll: [512.25, .infinity], tokens: [180, 77], bytes: [731, 300], words: [120, 51],
        histogram: [257] + [Int64](repeating: 0, count: TokenHistogram.binCount - 1),
        types: TypeLosses(
            id: [284, 11], text: [" the", "\n"], count: [100, 50], nll: [.infinity, 40.25], rest: .init(count: 107, nll: 3.5)))

    static var records: [RecordRunRequest] {
        let contents: [EvaluationRun.Content] = [
            .documents([
                DomainMeasurement(domain: domains[0], outcome: .measured(scores)),
                DomainMeasurement(domain: domains[1], outcome: .failed(reason: "NLL is NaN")),
            ]),
            .summary(.tokenWeighted, [DomainSummary(domain: domains[0], meanNLL: 2.5, tokens: 1000, bytes: 4000)]),
        ]
        return contents.map { content in
            RecordRunRequest(
                run: EvaluationRun(
                    id: id, checkpoint: CheckpointKey(lineage: "legal-tune", digest: Digest(ofText: "weights")), revision: revision.digest,
                    scoring: ScoringProtocol(context: 128), evaluator: "transformers 0.1.0",
                    environment: ["torch_version": "2.13", "gpuName": "ü"], reason: .added, evaluatedAt: time, supersedes: id,
                    content: content),
                attempt: AttemptReference(job: 42, fence: 7))
        }
    }

    static var checkpoint: CheckpointDescription {
        CheckpointDescription(
            name: "checkpoint-120", uri: "file:///data/checkpoint-120", digest: Digest(ofText: "weights"), step: 120, tokensSeen: 4096,
            parameters: 7, architecture: "LlamaForCausalLM", tokenizer: Digest(ofText: "tokenizer"), maximumContext: 128, bytes: 28)
    }

    static var spoolRecords: [SpoolRecord] { records.map { SpoolRecord($0, at: time) } }

    static func answers() throws -> [Data] {
        let registered = Checkpoint(id: 3, lineage: "legal-tune", description: checkpoint, parent: 1, isBaseline: false, addedAt: time)
        return [
            try WireCoding.encode(
                Problem(.invalid, "The run cannot be recorded.", faults: [Fault(field: "/domains/0", reason: "is odd")], requestId: "1a")),
            try WireCoding.encode(Problem(.unavailable, "Try again.")),
            try WireCoding.encode(
                ClaimedJob(
                    job: 42, fence: 7, leaseSeconds: 600, beatSeconds: 30, reason: .added, checkpoint: registered, revision: revision,
                    scoring: ScoringProtocol(), evaluator: "transformers")),
            try WireCoding.encode(RecordRunResponse(id: id, verdict: .accepted, digest: Digest(ofText: "run"))),
            try WireCoding.encode(BeatResponse(instruction: .goOn)),
            try WireCoding.encode(AddCheckpointResponse(checkpoint: registered, created: true, job: nil, notes: ["A note."])),
            try WireCoding.encode(
                ScheduleView(
                    name: "weekly", timeZone: "Europe/Berlin", isoWeekday: 1, at: "03:00", domainSet: "held-out", lineages: [],
                    enabled: true,
                    nextSlot: "2026-11-23", nextAt: time, occurrences: [])),
        ]
    }

    static let request = EvaluationRequest(
        id: "r", checkpoint: .init(path: "/c", digest: Digest(ofText: "weights")), scoring: ScoringProtocol(context: 128), documents: "/d",
        domains: revision.domains.enumerated().map { .init(index: $0, name: $1.name, documents: $1.documents) })

    static var conversations: [[UInt8]] {
        let zeros = String(repeating: ",0", count: TokenHistogram.binCount - 1)
        let hello = #"{"type":"hello","contract":1,"evaluator":"toy","version":"2","environment":{"cuda_version":"12"}}"#
        let whole = [
            hello, #"{"type":"loaded","id":"r","parameters":7,"vocabulary":9,"context":128,"prefix_token":1,"seconds":0.1}"#,
            #"{"type":"progress","id":"r","domain":0,"documents_done":1,"tokens_done":5,"tokens_total":9}"#,
            #"{"type":"domain","id":"r","index":0,"status":"ok","documents":{"nll":[1.5,"inf"],"tokens":[1,2],"#
                + #""bytes":[9,8],"words":[1,2]},"#
                + #""histogram":[3\#(zeros)],"seconds":1}"#,
            #"{"type":"domain","id":"r","index":1,"status":"failed","reason":"NLL is NaN","seconds":0}"#,
            #"{"type":"done","id":"r","tokens":3,"seconds":7.1,"tokens_per_second":2.6,"peak_memory_bytes":512}"#,
        ]
        let refused = [hello, #"{"type":"error","id":"r","code":"out_of_memory","retry":true,"message":"no room"}"#]
        return [whole, refused].map { Array($0.joined(separator: "\n").utf8) }
    }

    static let weightHeaders = [
        #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[4,1],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[8],"#
            + #""data_offsets":[16,32]}}"#,
        #"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#,
    ]

    /// A file of weights of one number.
    static let weights: [UInt8] = {
        let header = Array(weightHeaders[1].utf8)
        return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + [0, 0, 0, 0]
    }()

    static let checkpointFiles: [[UInt8]] = [
        [
            #"{"architectures":["LlamaForCausalLM"],"max_position_embeddings":512,"vocab_size":9,"tie_word_embeddings":true,"x":Infinity}"#,
            #"{"version":"1.0","added_tokens":[{"id":0,"content":"<s>"}],"model":{"vocab":{"a":1,"b \" }":2}}}"#,
            #"{"bos_token":"<s>","eos_token":{"content":"</s>"}}"#,
            #"{"global_step":120,"num_input_tokens_seen":4096,"log_history":[NaN]}"#,
        ],
        [#"{"text_config":{"n_positions":128}}"#],
    ].map { Array($0.joined(separator: "\0").utf8) }

    static let settings = [
        #"{"track":{"http":{"port":7451,"enabled":true},"jobs":{"lease":60,"beat":5.5},"scoring":{"context":128,"dtype":"bfloat16"}}}"#,
        #"{"track":{"log":{"level":"debug"}}}"# + "\u{0}8080\u{0}600.5\u{0}float16",
    ]
}
