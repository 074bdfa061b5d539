/// A rule of the contract, by which a violation is named.
package enum ContractRule: String, Hashable, Sendable, CaseIterable {
    case message = "every line is one JSON message of the contract"
    case helloFirst = "the first message is hello, and it comes once"
    case version = "the contract is version 1"
    case texts = "name and version have 1 to 199 bytes together, and no text of the hello holds NUL"
    case order = "an evaluator answers the request that it was given, in the order loaded, domains, done"
    case id = "every answer carries the id of its request"
    case index = "a domain is one of those asked for"
    case domainOnce = "every domain is answered once"
    case everyDomain = "every domain is answered before done"
    case lengths = "every array has a value per document"
    case nll = "an NLL is at least 0 or inf"
    case tokens = "every document has at least 1 token"
    case counts = "bytes and words are the document's, at least 1 and below 2 to the 31st"
    case histogram = "the histogram has 19 counts that add up to the tokens"
    case types = "the types of a domain are listed as section 3 says, and add up to its tokens and its NLL"
    case reason = "a failure says why"
}

/// Why an evaluation did not give a result.
package struct EvaluatorFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Cause: Hashable, Sendable {
        /// The evaluator broke a rule of the contract.
        case broken(ContractRule)
        /// The evaluator said that it cannot.
        case refused(EvaluatorRefusal.Code)
        /// The process ended, with this status: a negative number is the signal that ended it.
        case ended(status: Int32)
        /// Nothing was heard for the silence limit.
        case silent
        /// The process could not be started.
        case notStarted
    }

    package let cause: Cause
    /// One or two sentences for a person.
    package let description: String
    /// Whether another attempt could end differently.
    package let retry: Bool

    package init(_ cause: Cause, _ description: String, retry: Bool) {
        self.cause = cause
        self.description = description
        self.retry = retry
    }

    /// After a refusal the evaluator waits for its next request; after anything else the process is of no use.
    package var leavesProcessUsable: Bool {
        if case .refused = cause { true } else { false }
    }

    static func broken(_ rule: ContractRule, _ detail: String) -> EvaluatorFailure {
        EvaluatorFailure(
            .broken(rule), "The evaluator broke its contract: \(rule.rawValue); \(detail). Nothing of this evaluation was kept.",
            retry: false)
    }

    static func silent(for limit: Duration) -> EvaluatorFailure {
        EvaluatorFailure(.silent, "The evaluator said nothing for \(limit.components.seconds) s and was ended.", retry: true)
    }

    /// - Parameters:
    ///   - status: as in ``Cause/ended(status:)``.
    ///   - errorTail: the last of its standard error, of which the last lines are told.
    static func ended(status: Int32, errorTail: String) -> EvaluatorFailure {
        let lines = errorTail.split(separator: "\n").suffix(8).joined(separator: "\n")
        let said = lines.isEmpty ? " It wrote nothing to standard error." : "\n" + lines
        if status == cannotRun {
            return EvaluatorFailure(.ended(status: status), "The evaluator cannot run on this machine." + said, retry: false)
        }
        if status == notFound {
            return EvaluatorFailure(.ended(status: status), "The evaluator's program was not found." + said, retry: false)
        }
        let how = status < 0 ? "was ended by signal \(-status)" : "ended with status \(status)"
        // From 64 to 78 a program says that the same call would end the same way (sysexits.h).
        return EvaluatorFailure(
            .ended(status: status), "The evaluator \(how) before it had answered." + said, retry: !(64...78).contains(status))
    }

    /// The contract's exit status for a missing library; EX_CONFIG of sysexits.h.
    static let cannotRun: Int32 = 78
    /// What a shell says of a program that is not there.
    static let notFound: Int32 = 127
}
