/// What can go wrong with an evaluator's process, apart from what it says.
package enum GuardedProcessError: Error, CustomStringConvertible, Equatable {
    /// The user as whom evaluators should run does not exist or is root.
    case noSuchUser(String)
    /// The evaluator wrote a line longer than the limit, in bytes.
    case lineTooLong(limit: Int)
    /// The evaluator no longer reads its standard input, usually because it has ended.
    case inputClosed
    /// Two tasks read the evaluator's lines at the same time.
    case concurrentReaders
    /// The process could not be started; the reason.
    case notStarted(String)

    package var description: String {
        switch self {
        case .noSuchUser(let name):
            "evaluators should run as the user \"\(name)\", who does not exist or is root. Create the user or name another one."
        case .lineTooLong(let limit):
            "the evaluator wrote a line longer than \(limit) bytes. Standard output carries messages only; print text to standard error."
        case .inputClosed: "the evaluator closed its standard input before it was asked to end."
        case .concurrentReaders: "the evaluator's output is read in two places at once."
        case .notStarted(let reason): "the evaluator could not be started: \(reason)."
        }
    }
}
