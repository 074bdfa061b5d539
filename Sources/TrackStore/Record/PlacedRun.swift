package import FoundationEssentials
package import TrackCore

/// A run that is ready to be written: checked against the revision that it names, its values in the frozen order, with its digest.
package struct PlacedRun: Sendable {
    package let heading: RunHeading
    package let digest: Digest
    package private(set) var target: RunTarget
    let columns: RunColumns

    /// - Parameter text: what the run was read from, which tells what is wrong with it.
    /// - Throws: ``Problem`` with the run's faults.
    package init(_ run: IncomingRun, text: @autoclosure () -> Data, on target: RunTarget) throws {
        guard let columns = run.placed(on: target.order) else {
            let faults = try IncomingRun.faults(of: text(), against: target.order.revision)
            throw Problem(.invalid, "The run \(run.heading.id) cannot be recorded.", faults: faults)
        }
        heading = run.heading
        digest = columns.digest(run.heading, order: target.order)
        self.target = target
        self.columns = columns
    }

    /// The same run for the rows that it refers to in another history. Its values stay where they are: the order of a revision hangs on its
    /// digest.
    package func moved(to target: RunTarget) -> PlacedRun {
        var run = self
        run.target = target
        return run
    }

    /// About how many bytes its rows have.
    package var size: Int {
        let documents = columns.documents?.nll.count ?? 0
        let types = columns.types.reduce(0) { $0 + 48 * ($1?.id.count ?? 0) }
        return 1024 + types + 34 * columns.status.count + 8 * columns.histogram.count + 20 * documents
    }
}
