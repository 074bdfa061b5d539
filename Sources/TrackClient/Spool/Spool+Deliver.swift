package import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension Spool {
    /// Delivers what waits, oldest first, one record after the other, until none is left or the daemon cannot take more.
    ///
    /// A record that another process took meanwhile is passed over. What a dead process had taken is taken back first. When the daemon's
    /// history changed, what it had acknowledged is queued again and delivered too.
    ///
    /// - Parameters:
    ///   - daemon: its address; waits and epochs are kept by it.
    ///   - only: just the record of this id, whether the daemon is left alone at the time or not.
    ///   - atOnce: also when the daemon failed lately and is left alone for a while.
    ///   - isReady: whether the daemon can do its work, asked after a failure that may be the record's own.
    ///   - send: returns after the answer.
    /// - Returns: also the error that ended it early.
    package func deliver(
        to daemon: String, only: RunID? = nil, atOnce: Bool, isReady: () async -> Bool = { true },
        _ send: (SpoolEntry) async throws -> SpoolReceipt
    ) async throws(SpoolError) -> (delivery: SpoolDelivery, stopError: (any Error)?) {
        var round = Round()
        do {
            if only == nil, !atOnce, let until = try self.daemon(daemon).isResting(at: now()) {
                round.delivery.restingUntil = until
            } else {
                try takeBackFromTheDead()
                try sweepDrafts()
                repeat {
                    round.replayed = 0
                    try await deliverOnce(&round, daemon, only, isReady, send)
                    round.delivery.replayed += round.replayed
                } while round.replayed > 0 && round.delivery.stopped == nil && only == nil
                if only == nil { try conclude(round, daemon) }
                if round.delivery.sent > 0 { try prune() }
            }
        } catch {
            throw SpoolError.unusable(folder: path, cause: error)
        }
        round.delivery.waiting = try waiting()
        return (round.delivery, round.stopError)
    }

    private struct Round {
        var delivery = SpoolDelivery()
        var stopError: (any Error)?
        /// Records that stay for a reason that may be their own.
        var kept: [String] = []
        var keptInARow = 0
        var replayed = 0
        var epoch: String?
    }

    /// So many failures one after the other are the daemon's and no record's.
    private static let keptLimit = 3

    private func deliverOnce(
        _ round: inout Round, _ daemon: String, _ only: RunID?, _ isReady: () async -> Bool,
        _ send: (SpoolEntry) async throws -> SpoolReceipt
    ) async throws(SystemFailure) {
        let waiting = try order(of: daemon, only)
        // Somebody may have removed an empty folder, and a claim that finds no `work` looks like one that came too late.
        if !waiting.isEmpty { try makeFolders() }
        for name in waiting where !round.kept.contains(name) {
            let claim = SpoolClaim(record: name)
            guard try claimed(claim) else { continue }
            switch try await attempt(claim, send) {
            case .gone: continue
            case .sent(let label, let receipt):
                try keepCopy(claim, receipt)
                round.delivery.sent += 1
                round.delivery.records.append(.init(label: label, outcome: .init(receipt.verdict), reason: nil))
                round.keptInARow = 0
                if let epoch = receipt.epoch, epoch != round.epoch {
                    round.replayed += try noteEpoch(epoch, of: daemon)
                    round.epoch = epoch
                }
            case .failed(let label, .quarantine(let reason, let status), _):
                try setApart(claim, reason: reason, status: status)
                round.delivery.quarantined.append(.init(file: file(.quarantine, name), reason: reason))
                round.delivery.records.append(.init(label: label, outcome: .quarantined, reason: reason))
            case .failed(let label, .keep(let reason), let error):
                try finish(claim, .new, as: name)
                round.kept.append(name)
                round.keptInARow += 1
                round.delivery.records.append(.init(label: label, outcome: .kept, reason: reason))
                guard round.keptInARow < Spool.keptLimit, only == nil, await isReady() else {
                    round.stopError = error
                    round.delivery.stopped = reason
                    return
                }
            case .failed(let label, .pass(let reason), _):
                try finish(claim, .new, as: name)
                round.kept.append(name)
                round.delivery.refused.append(.init(file: file(.new, name), reason: reason))
                round.delivery.records.append(.init(label: label, outcome: .kept, reason: reason))
            case .failed(let label, .stop(let reason), let error):
                try finish(claim, .new, as: name)
                round.delivery.records.append(.init(label: label, outcome: .kept, reason: reason))
                round.stopError = error
                round.delivery.stopped = reason
                return
            }
        }
    }

    /// Oldest first; behind them those that failed last time, so that they delay nobody again.
    private func order(of daemon: String, _ only: RunID?) throws(SystemFailure) -> [String] {
        let names = try files.names(in: folder(.new))
        if let only { return names.filter { RecordName($0)?.id == only } }
        let deferred = Set(try self.daemon(daemon).deferred)
        guard !deferred.isEmpty else { return names }
        return names.filter { !deferred.contains($0) } + names.filter { deferred.contains($0) }
    }

    /// Remembers how it went, for whoever delivers next.
    private func conclude(_ round: Round, _ daemon: String) throws(SystemFailure) {
        guard !round.delivery.records.isEmpty else { return }
        let present = Set(try files.names(in: folder(.new)))
        let time = now()
        try update(daemon) { state in
            state.deferred = state.deferred.filter { present.contains($0) && !round.kept.contains($0) } + round.kept
            if round.delivery.stopped == nil, round.kept.isEmpty { return state.succeed() }
            // Some stay and others went: the daemon works, and the next attempt comes when only those are left.
            if round.delivery.stopped == nil, round.delivery.sent > 0 { return state.succeed() }
            let asked = (round.stopError as? Problem)?.retryAfter.map(Double.init)
            state.rest(from: time, retryAfter: asked, jitter: .random(in: 0...1))
        }
    }

    // MARK: - One record

    private enum Attempt {
        case sent(label: String, SpoolReceipt)
        case failed(label: String, SpoolDecision, any Error)
        /// Nothing is to be done any more, see ``finish(_:_:as:)``.
        case gone
    }

    private func attempt(
        _ claim: SpoolClaim, _ send: (SpoolEntry) async throws -> SpoolReceipt
    ) async throws(SystemFailure) -> Attempt {
        let entry: SpoolEntry
        do {
            guard let found = try SpoolEntry.read(file(.work, claim.fileName)) else { return .gone }
            entry = found
        } catch {
            if let failure = error as? SystemFailure, !failure.isOfOneFile { throw failure }
            let reason = Spool.reason(ofUnreadable: error)
            return .failed(label: claim.record, .quarantine(reason: reason, status: nil), error)
        }
        guard entry.payload.count <= entry.limit else {
            let problem = Problem(
                .tooLarge, "The record has \(entry.payload.count) bytes, and trackd takes \(entry.limit >> 20) MiB of its kind at most.")
            return .failed(label: entry.label, .quarantine(reason: problem.detail, status: problem.status), problem)
        }
        do {
            return .sent(label: entry.label, try await send(entry))
        } catch {
            return .failed(label: entry.label, .after(error), error)
        }
    }

    /// False when another process was quicker, or when no record has such a name.
    private func claimed(_ claim: SpoolClaim) throws(SystemFailure) -> Bool {
        do {
            try files.move(file(.new, claim.record), to: file(.work, claim.fileName), in: folder(.work))
            return true
        } catch {
            guard error.isMissing else { throw error }
            return false
        }
    }

    private func keepCopy(_ claim: SpoolClaim, _ receipt: SpoolReceipt) throws(SystemFailure) {
        // Dated, because copies are pruned by when they were sent. Where that is refused, the time of writing must do.
        try? files.touch(file(.work, claim.fileName), at: now())
        try finish(claim, .sent, as: SentName(record: claim.record, epoch: receipt.epoch).fileName)
    }

    /// A claimed file that is gone was taken back by a process of another machine that shares this folder; it will deliver the record
    /// again, and the daemon knows its id.
    func finish(_ claim: SpoolClaim, _ target: Folder, as name: String) throws(SystemFailure) {
        do {
            try files.move(file(.work, claim.fileName), to: file(target, name), in: folder(target))
        } catch {
            guard error.isMissing else { throw error }
        }
    }

    // MARK: - What the dead left

    private func takeBackFromTheDead() throws(SystemFailure) {
        for name in try files.names(in: folder(.work)) {
            guard let claim = SpoolClaim(fileName: name), let facts = files.facts(file(.work, name)),
                !claim.isHeld(since: facts.changedAt, now: now())
            else { continue }
            try finish(claim, .new, as: claim.record)
        }
    }

    /// Removes what nobody can be writing any more. Should somebody be, his second try makes a new file.
    private func sweepDrafts() throws(SystemFailure) {
        for name in try files.names(in: folder(.tmp)) {
            guard let facts = files.facts(file(.tmp, name)), facts.modifiedAt < now().adding(seconds: -86400) else { continue }
            files.remove(file(.tmp, name))
        }
    }
}

extension SystemFailure {
    /// Another file could still be read.
    fileprivate var isOfOneFile: Bool { [EIO, EINVAL, ELOOP, EACCES, EISDIR].contains(code) }
}
