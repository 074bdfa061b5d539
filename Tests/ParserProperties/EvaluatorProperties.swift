import FoundationEssentials
import TrackCore
import TrackEvaluators

extension ParserProperty {
    /// What an evaluator says, line by line. A result that the contract lets pass makes a run without faults: an evaluation that took an
    /// hour must not be refused at the end of it.
    static let evaluator = ParserProperty(
        name: "evaluator",
        seeds: { Sample.conversations },
        holds: { bytes in
            var conversation = EvaluationConversation()
            var isAccepted = false
            for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
                let event: EvaluationConversation.Event
                do throws(EvaluatorFailure) {
                    event = try conversation.receive(line)
                } catch {
                    try require(!error.description.isEmpty, "a refusal without words")
                    return isAccepted
                }
                switch event {
                case .ready: conversation.begin(Sample.request)
                case .finished(let result):
                    isAccepted = true
                    try checkThatItIsRecorded(result)
                    conversation.begin(Sample.request)
                case .refused(let failure):
                    isAccepted = true
                    try require(!failure.description.isEmpty, "a refusal without words")
                    conversation.begin(Sample.request)
                case .progress(let progress), .domain(_, _, let progress):
                    try require(progress.domainsDone <= progress.domains, "more domains are done than there are")
                }
            }
            return isAccepted
        })

    private static func checkThatItIsRecorded(_ result: EvaluationResult) throws {
        let run = EvaluationRun(
            id: Sample.id, checkpoint: CheckpointKey(lineage: "legal-tune", digest: Sample.request.checkpoint.digest),
            revision: Sample.revision.digest, scoring: Sample.request.scoring, evaluator: result.evaluator, environment: result.environment,
            reason: .added, evaluatedAt: Sample.time, content: .documents(result.domains))
        let faults = run.faults(against: Sample.revision)
        try require(faults.isEmpty, "what the contract lets pass is refused as a record: \(faults)")
    }

    /// The header of a file of weights.
    static let weights = ParserProperty(
        name: "weights",
        seeds: { Sample.weightHeaders.map { Array($0.utf8) } },
        holds: { bytes in
            let json = Data(bytes)
            // Of a length that fits whatever the header says, as far as it says something.
            for size in [Int64(bytes.count) + 8, Int64(bytes.count) + 40, 1 << 40, .max] {
                do throws(SafetensorsHeader.Fault) {
                    let header = try SafetensorsHeader(json: json, fileSize: size)
                    try? checkPlaces(header, size)
                    return true
                } catch .halfWritten(_, let expected) {
                    guard let expected else { continue }
                    try require(expected > size, "a file of \(size) bytes is called shorter than \(expected)")
                    guard let header = try accepted({ try SafetensorsHeader(json: json, fileSize: expected) }) else {
                        throw Broken(description: "a file of the very length that was asked for is refused")
                    }
                    try checkPlaces(header, expected)
                    return true
                } catch {
                    continue
                }
            }
            return false
        })

    private static func checkPlaces(_ header: SafetensorsHeader, _ size: Int64) throws {
        try require(header.fileSize == size, "the length is not the file's")
        var end: Int64 = 0
        for tensor in header.tensors {
            try require(tensor.begin == end && tensor.end >= tensor.begin, "the tensors have a hole or overlap")
            try require(tensor.elements >= 0 && tensor.shape.allSatisfy { $0 >= 0 }, "a tensor has fewer than no elements")
            end = tensor.end
        }
    }
}
