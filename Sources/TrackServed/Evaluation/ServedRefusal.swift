/// Why a whole evaluation cannot be done: the `error` message of the contract.
package struct ServedRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, Encodable {
        case checkpointUnreadable = "checkpoint_unreadable"
        case checkpointInvalid = "checkpoint_invalid"
        case protocolUnsupported = "protocol_unsupported"
        case `internal`
    }

    package let code: Code
    /// Whether another attempt could end differently.
    package let retry: Bool
    package let description: String

    init(_ code: Code, retry: Bool = false, _ description: String) {
        self.code = code
        self.retry = retry
        self.description = description
    }

    static func malformed(_ what: String) -> ServedRefusal {
        ServedRefusal(.internal, retry: true, "\(what). The worker and the evaluator disagree: use one release of both.")
    }

    static func unsupported(_ what: String) -> ServedRefusal {
        ServedRefusal(.protocolUnsupported, "\(what). Change the protocol, or use an evaluator that knows it.")
    }

    /// The server answers, but not with what a perplexity needs.
    static func unfit(_ what: String) -> ServedRefusal { ServedRefusal(.internal, "The server cannot be used: \(what)") }
}
