/// What an evaluator must do, as `track evaluators check` tries it.
package enum ConformanceRule: String, Hashable, Sendable, CaseIterable, Encodable {
    case hello = "says hello first, in version 1 of the contract"
    case measures = "measures a small evaluation by the rules of section 6"
    case counts = "counts bytes and words as section 3 says"
    case repeats = "gives the same numbers for the same request in the same process"
    case alone = "measures every document by itself, whatever its neighbours and their order"
    case emptyDomain = "fails a domain without documents by name, and measures the others"
    case emptyDocument = "fails a domain with an empty document by name, and measures the others"
    case unknownValue = "refuses a protocol value that it does not know, as protocol_unsupported"
    case unknownKey = "refuses a protocol key that it does not know, as protocol_unsupported"
    case missingKey = "refuses a protocol that lacks a key, as protocol_unsupported"
    case noCheckpoint = "refuses a checkpoint that is not there, as checkpoint_unreadable"
    case noDocuments = "refuses a documents file that is not there"
    case noRequest = "answers a line that is no request with an error, as internal"
    case goesOn = "measures again after refusals, in the same process"
    case manyDomains = "answers a request with 300 domains, each once"
    case ends = "ends with status 0 when its input ends"
    case endsBusy = "ends within five seconds when its input ends in the middle of an evaluation"
}

/// How one rule came out.
package struct ConformanceFinding: Hashable, Sendable, Encodable {
    package let rule: ConformanceRule
    package let isKept: Bool
    /// What was seen, when the rule is not kept.
    package let detail: String?

    init(_ rule: ConformanceRule, _ detail: String? = nil) {
        self.rule = rule
        isKept = detail == nil
        self.detail = detail
    }
}
