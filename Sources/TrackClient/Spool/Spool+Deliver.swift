import FoundationEssentials
package import TrackCore

extension Spool {
    /// Delivers what waits, oldest first, one record after the other, until none is left or the daemon cannot take more.
    ///
    /// A record that another process took meanwhile is passed over. What a dead process had taken is taken back first.
    /// `stopError` is what ended it early.
    /// With `only`, just the record of this id.
    package func deliver(
        only: RunID? = nil, _ send: (SpoolRecord) async throws -> Void
    ) async throws -> (delivery: SpoolDelivery, stopError: (any Error)?) {
        var delivery = SpoolDelivery()
        var stopError: (any Error)?
        do {
            try takeBackFromTheDead()
            for name in try files.names(in: folder(.new)) where only.map({ name.hasSuffix("-\($0).rec") }) ?? true {
                let claim = SpoolClaim(record: name)
                guard try claimed(claim) else { continue }
                switch try await attempt(claim, send, &stopError) {
                case .sent:
                    try finish(claim, .sent)
                    delivery.sent += 1
                case .quarantine(let reason, let status):
                    try setApart(claim, reason: reason, status: status)
                    delivery.quarantined.append(.init(file: file(.quarantine, name), reason: reason))
                case .pass(let reason):
                    try finish(claim, .new)
                    delivery.refused.append(.init(file: file(.new, name), reason: reason))
                case .stop(let reason):
                    try finish(claim, .new)
                    delivery.stopped = reason
                case nil: continue
                }
                if delivery.stopped != nil { break }
            }
        } catch {
            throw SpoolError.unusable(folder: path, cause: error)
        }
        delivery.waiting = try waiting()
        return (delivery, stopError)
    }

    /// Nil when there is nothing to do any more.
    private func attempt(
        _ claim: SpoolClaim, _ send: (SpoolRecord) async throws -> Void, _ stopError: inout (any Error)?
    ) async throws(SystemFailure) -> SpoolDecision? {
        let record: SpoolRecord
        do {
            guard let found = try read(claim) else { return nil }
            record = found
        } catch let failure as SystemFailure {
            throw failure
        } catch {
            return .quarantine(reason: Spool.reason(ofUnreadable: error), status: nil)
        }
        do {
            try await send(record)
            return .sent
        } catch {
            let decision = SpoolDecision.after(error)
            if case .stop = decision { stopError = error }
            return decision
        }
    }

    /// Nil when the claimed file is gone, see ``finish(_:_:)``.
    private func read(_ claim: SpoolClaim) throws -> SpoolRecord? {
        guard let contents = try SmallFile.contents(of: file(.work, claim.fileName), limit: Spool.recordLimit, followLinks: false) else {
            return nil
        }
        return try WireCoding.decode(SpoolRecord.self, from: Data(try SpoolFrame.unwrap(contents.bytes)))
    }

    private static func reason(ofUnreadable error: any Error) -> String {
        if let damage = error as? SpoolFrame.Damage { return "The file is damaged: \(damage)." }
        let fault = WireCoding.fault(of: error)
        return "The record cannot be read: \(fault.field.isEmpty ? "it" : fault.field) \(fault.reason)."
    }

    /// False when another process was quicker.
    private func claimed(_ claim: SpoolClaim) throws(SystemFailure) -> Bool {
        do {
            try files.move(file(.new, claim.record), to: file(.work, claim.fileName), in: folder(.work))
            return true
        } catch where error.isMissing {
            return false
        }
    }

    /// A claimed file that is gone was taken back by a process of another machine that shares this folder; it will deliver the record
    /// again, and the daemon knows its id.
    private func finish(_ claim: SpoolClaim, _ target: Folder) throws(SystemFailure) {
        do {
            try files.move(file(.work, claim.fileName), to: file(target, claim.record), in: folder(target))
        } catch where error.isMissing {}
    }

    private func setApart(_ claim: SpoolClaim, reason: String, status: Int?) throws(SystemFailure) {
        let content = QuarantineReason(at: now().description, reason: reason, status: status)
        // A value of two strings and a number always has a JSON form.
        let bytes = (try? WireCoding.encode(content, pretty: true)).map(Array.init) ?? []
        let draft = file(.tmp, RunID.make(at: now()).description)
        try files.create(draft, bytes)
        try files.move(draft, to: file(.quarantine, claim.record + ".reason.json"), in: folder(.quarantine))
        try finish(claim, .quarantine)
    }

    private func takeBackFromTheDead() throws(SystemFailure) {
        for name in try files.names(in: folder(.work)) {
            guard let claim = SpoolClaim(fileName: name), !claim.isHeld else { continue }
            try finish(claim, .new)
        }
    }

    /// No record is larger, in bytes.
    private static var recordLimit: Int { 64 << 20 }
}

extension DaemonClient {
    /// Sends one record of the spool; every answer that is not an error is after COMMIT.
    package func deliver(_ record: SpoolRecord) async throws {
        switch record.payload {
        case .run(let request): _ = try await recordRun(request)
        case .checkpoint(let request): _ = try await addCheckpoint(request)
        }
    }
}
