import Synchronization

/// The evaluators of the workers that have asked for work since the daemon started.
///
/// A worker asks every two seconds, but not while it evaluates, so that none is ever forgotten.
package final class OfferedEvaluators: Sendable {
    private struct State {
        var names: Set<String> = []
        var isAnyTaken = false
    }

    private let state = Mutex(State())

    package init() {}

    /// - Parameter names: of one worker; nil from one that takes any job.
    package func add(_ names: [String]?) {
        state.withLock { state in
            guard let names else { return state.isAnyTaken = true }
            state.names.formUnion(names)
        }
    }

    /// In order; nil while a name that is not among them could be right: before a worker has asked, or when one takes any job.
    package var all: [String]? {
        state.withLock { $0.isAnyTaken || $0.names.isEmpty ? nil : $0.names.sorted() }
    }
}
