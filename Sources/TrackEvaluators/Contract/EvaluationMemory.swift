package import TrackCore

/// What an evaluation remembers from an earlier attempt, and leaves for a later one. Closures, so that the contract knows no files.
package struct EvaluationMemory: Sendable {
    /// What the same evaluator in the same environment measured before, by the domain's index in the request. Asked once its hello is
    /// known.
    package var recall: @Sendable (EvaluatorHello) -> [Int: DomainMeasurement]
    /// A file with the documents of the domains that are left, in the form of ``EvaluationRequest/documents``.
    package var documents: @Sendable (_ rest: [EvaluationRequest.Domain]) throws -> String
    /// Takes a domain that was measured, before the next one is heard of.
    package var keep: @Sendable (_ index: Int, DomainMeasurement) -> Void

    package init(
        recall: @escaping @Sendable (EvaluatorHello) -> [Int: DomainMeasurement],
        documents: @escaping @Sendable (_ rest: [EvaluationRequest.Domain]) throws -> String,
        keep: @escaping @Sendable (_ index: Int, DomainMeasurement) -> Void
    ) {
        self.recall = recall
        self.documents = documents
        self.keep = keep
    }

    /// Every evaluation begins at its beginning.
    package static let none = EvaluationMemory(recall: { _ in [:] }, documents: { _ in "" }, keep: { _, _ in })

    /// What is still to be asked, and what is known already.
    ///
    /// An evaluator is always asked for something: how it measures (the window that it really used) only it can say. So when every domain
    /// is known, the last is measured once more.
    func plan(
        _ request: EvaluationRequest, for hello: EvaluatorHello
    ) throws -> (rest: EvaluationRequest, known: [Int: DomainMeasurement]) {
        var known = recall(hello)
        guard !known.isEmpty else { return (request, [:]) }
        if known.count == request.domains.count, let last = request.domains.last { known[last.index] = nil }
        let left = request.domains.filter { known[$0.index] == nil }
        let rest = EvaluationRequest(
            id: request.id, checkpoint: request.checkpoint, scoring: request.scoring, documents: try documents(left), domains: left,
            types: request.types)
        return (rest, known)
    }
}
