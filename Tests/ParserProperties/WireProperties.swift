import FoundationEssentials
import TrackClient
import TrackCore

extension ParserProperty {
    /// The lines of `POST /v1/domain-sets/{name}/revisions`, and of the documents that a worker fetches.
    static let upload = ParserProperty(
        name: "upload",
        seeds: {
            let upload = DomainSetUpload(kind: .documents, split: "val", seed: 7, domains: Sample.domains)
            let lines = [DocumentLine(domain: 0, text: "Ein Text.\n\"ü\" 😀"), DocumentLine(domain: 1, text: "\t\\")]
            return [try WireCoding.encode(upload) + [0x0a] + lines.flatMap { try WireCoding.encode($0) + [0x0a] }].map(Array.init)
        },
        holds: { bytes in
            var isAccepted = false
            for line in bytes.split(separator: 0x0a) {
                if let upload = try accepted({ try WireCoding.decode(DomainSetUpload.self, from: Data(line)) }) {
                    let again = try WireCoding.decode(DomainSetUpload.self, from: try WireCoding.encode(upload))
                    try require(
                        again.domains == upload.domains && again.seed == upload.seed && again.split == upload.split, "an upload changes")
                    isAccepted = true
                }
                if let document = try accepted({ try WireCoding.decode(DocumentLine.self, from: Data(line)) }) {
                    let again = try WireCoding.decode(DocumentLine.self, from: try WireCoding.encode(document))
                    try require(
                        again.content.parts.map { Array($0.utf8) } == document.content.parts.map { Array($0.utf8) },
                        "a document's bytes change on their way")
                    _ = document.content.wordCount
                    isAccepted = true
                }
            }
            return isAccepted
        })

    /// What the client reads: a problem first of all, then the answers that a worker acts upon. Whoever answers may be anybody.
    static let answers = ParserProperty(
        name: "answers",
        seeds: { try Sample.answers().map(Array.init) },
        holds: { bytes in
            let data = Data(bytes)
            let problem = try same(Problem.self, data) { problem in
                _ = problem.description
                _ = CommandStatus.of(problem)
                if RetryPolicy.isTransient(problem), case .quarantine = SpoolDecision.after(problem) {
                    throw Broken(description: "a record is condemned for an answer that may pass: \(problem)")
                }
            }
            let others = [
                try same(ClaimedJob.self, data) { _ = $0.checkpoint.key }, try same(DomainSetRevision.self, data) { _ = $0.label },
                try same(RecordRunResponse.self, data), try same(BeatResponse.self, data), try same(RunView.self, data),
                try same(AddCheckpointResponse.self, data) { _ = $0.checkpoint.label }, try same(ScheduleView.self, data),
            ]
            return problem || others.contains(true)
        })

    /// Reads, writes and reads again; the two writings must be the same.
    private static func same<Value: Codable>(_ type: Value.Type, _ data: Data, _ look: (Value) throws -> Void = { _ in }) throws -> Bool {
        let value: Value
        do {
            value = try WireCoding.decode(type, from: data)
        } catch {
            let fault = WireCoding.fault(of: error)
            try require(!fault.reason.isEmpty && (fault.field.isEmpty || fault.field.hasPrefix("/")), "a refusal without a place: \(fault)")
            return false
        }
        try look(value)
        let encoded = try WireCoding.encode(value)
        guard let again = try accepted({ try WireCoding.decode(type, from: encoded) }) else {
            throw Broken(description: "what was read and written is not read again: \(String(decoding: encoded, as: UTF8.self))")
        }
        try require(try WireCoding.encode(again) == encoded, "two writings differ")
        return true
    }
}
