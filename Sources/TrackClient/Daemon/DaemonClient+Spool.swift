import FoundationEssentials
package import TrackCore

extension DaemonClient {
    /// Delivers what waits in a spool to this daemon, see ``Spool/deliver(to:only:atOnce:isReady:_:)``.
    ///
    /// - Parameter willSend: told of each record before it is sent.
    package func deliver(
        _ spool: Spool, atOnce: Bool, willSend: (SpoolEntry) -> Void = { _ in }
    ) async throws -> (delivery: SpoolDelivery, stopError: (any Error)?) {
        try await spool.deliver(to: address.description, atOnce: atOnce, isReady: { (try? await ready()) != nil }) { entry in
            willSend(entry)
            return try await deliver(entry)
        }
    }

    /// Sends one record of the spool; every answer that is not an error is after COMMIT.
    package func deliver(_ entry: SpoolEntry) async throws -> SpoolReceipt {
        switch entry.envelope.kind {
        case .run: SpoolReceipt(try await recordRun(entry).verdict, epoch: epoch)
        case .checkpoint:
            SpoolReceipt(try await answer(to: entry, on: DaemonClient.addingCheckpoint, AddCheckpointResponse.self).verdict, epoch: epoch)
        }
    }

    /// The same for a record that is a run.
    package func recordRun(_ entry: SpoolEntry) async throws -> RecordRunResponse {
        try await answer(to: entry, on: DaemonClient.recordingRun, RecordRunResponse.self)
    }

    /// Hears that the daemon's history is another one than when this spool spoke to it last.
    ///
    /// - Returns: how many acknowledged records were queued again.
    package func noteEpoch(in spool: Spool) throws(SpoolError) -> Int {
        guard let epoch else { return 0 }
        return try spool.note(epoch: epoch, of: address.description)
    }

    private func answer<Answer: Decodable>(to entry: SpoolEntry, on route: Route, _ type: Answer.Type) async throws -> Answer {
        try decode(type, from: try await bytes(route, body: .payload(of: entry)), route: route, status: 200)
    }
}

extension AddCheckpointResponse {
    fileprivate var verdict: RecordVerdict { created ? .accepted : .duplicate }
}
