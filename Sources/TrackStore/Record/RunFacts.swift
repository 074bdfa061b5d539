package import Postgres
import Synchronization
package import TrackCore

/// The rows that a run refers to.
package struct RunTarget: Sendable {
    package let checkpoint: Int64
    package let lineage: Int64
    package let revision: Int64
    package let scoring: Int64
    package let order: FrozenOrder
    /// Of the history in which the numbers stand for these rows.
    package let epoch: Epoch
}

/// What runs refer to, read once and kept: checkpoints, revisions and protocols are never changed and never deleted, in one history of the
/// database. In the history that a restored backup begins, another row may get the number of a lost one; so that whoever writes a run
/// compares the epoch.
///
/// Only what is committed may be kept, because a transaction that makes a row can still roll back. So it keeps what a query finds, in
/// transactions that have made none of it, and never what they make.
package final class RunFacts: Sendable {
    private struct State {
        var epoch: Epoch?
        var checkpoints: [CheckpointKey: (id: Int64, lineage: Int64)] = [:]
        var revisions: [Digest: (id: Int64, order: FrozenOrder)] = [:]
        var protocols: [RunProtocol: Int64] = [:]
    }

    /// A full table is emptied: what is still in use comes back with one query. A revision of 585 domains takes about 200 kB.
    private static let maximum = (checkpoints: 4096, revisions: 64, protocols: 256)

    private let state = Mutex(State())

    package init() {}

    /// What the run refers to, if all of it is known here.
    package func known(_ heading: RunHeading) -> RunTarget? {
        state.withLock { state in
            guard let epoch = state.epoch, let checkpoint = state.checkpoints[heading.checkpoint],
                let revision = state.revisions[heading.revision], let scoring = state.protocols[heading.scoring]
            else { return nil }
            return RunTarget(
                checkpoint: checkpoint.id, lineage: checkpoint.lineage, revision: revision.id, scoring: scoring, order: revision.order,
                epoch: epoch)
        }
    }

    /// What the run refers to, which the transaction must not have made. A new protocol is written down.
    ///
    /// - Throws: ``Problem`` when its checkpoint or its revision is unknown.
    package func target(of heading: RunHeading, in db: Session) throws -> RunTarget {
        let epoch = try EpochStore.current(in: db)
        state.withLock { if $0.epoch != epoch { $0 = State(epoch: epoch) } }
        if let known = known(heading) { return known }
        guard let checkpoint = try CheckpointStore.place(of: heading.checkpoint, in: db) else {
            throw Problem(
                .notFound,
                """
                The checkpoint \(heading.checkpoint.digest.short)… of lineage \(heading.checkpoint.lineage) is not registered. Add it \
                first with `track add`.
                """
            )
        }
        let revision = try revision(heading.revision, epoch, in: db)
        let found = try ProtocolStore.known(heading.scoring, in: db)
        state.withLock { state in
            guard state.epoch == epoch else { return }
            if state.checkpoints.count >= Self.maximum.checkpoints { state.checkpoints = [:] }
            state.checkpoints[heading.checkpoint] = checkpoint
            if state.protocols.count >= Self.maximum.protocols { state.protocols = [:] }
            if let found { state.protocols[heading.scoring] = found }
        }
        return RunTarget(
            checkpoint: checkpoint.id, lineage: checkpoint.lineage, revision: revision.id,
            scoring: try found ?? ProtocolStore.id(of: heading.scoring, in: db), order: revision.order, epoch: epoch)
    }

    private func revision(_ digest: Digest, _ epoch: Epoch, in db: Session) throws -> (id: Int64, order: FrozenOrder) {
        if let kept = state.withLock({ $0.epoch == epoch ? $0.revisions[digest] : nil }) { return kept }
        guard let found = try DomainSetStore.revision(digest: digest, in: db) else {
            throw Problem(
                .notFound, "The domain set revision \(digest.short)… is not registered. Add the set first with `track domains add`.")
        }
        let made = (id: found.id, order: FrozenOrder(found.revision))
        state.withLock { state in
            guard state.epoch == epoch else { return }
            if state.revisions.count >= Self.maximum.revisions { state.revisions = [:] }
            state.revisions[digest] = made
        }
        return made
    }

    /// After the database has refused a reference, or was found to have ``AnotherHistory``.
    package func forget() {
        state.withLock { $0 = State() }
    }
}
