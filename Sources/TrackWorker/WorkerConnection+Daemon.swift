import FoundationEssentials
package import TrackClient
import TrackCore

extension WorkerConnection {
    /// A worker's words over HTTP, with this machine's spool between a result and the network.
    package init(client: DaemonClient, spool: Spool) {
        self.init(
            claim: { try await client.claim($0) },
            beat: { try await client.beat($0, $1) },
            documents: { try await client.documents(of: $0, $1) },
            record: { try await WorkerConnection.record($0, client, spool) },
            endAttempt: { try await client.end($0, $1) },
            deliverWaiting: {
                try await spool.deliver { record in try await client.deliver(record) }.delivery.waiting
            })
    }

    /// Durable first. A spool that cannot take the record is no reason not to send it: then only a failure of both loses it, and is thrown.
    private static func record(_ request: RecordRunRequest, _ client: DaemonClient, _ spool: Spool) async throws -> RecordDelivery {
        do {
            try spool.write(SpoolRecord(request, at: Timestamp(Date())))
        } catch let error as SpoolError {
            guard let answer = try? await client.recordRun(request) else { throw error }
            return .answered(answer)
        }
        var answer: RecordRunResponse?
        var refusal: Problem?
        let result = try await spool.deliver(only: request.run.id) { _ in
            do {
                answer = try await client.recordRun(request)
            } catch let problem as Problem {
                refusal = problem
                throw problem
            }
        }
        if let answer { return .answered(answer) }
        if let refusal, !result.delivery.quarantined.isEmpty { throw refusal }
        // Without a stop another process took it meanwhile; the daemon knows the record and only says so again.
        if result.stopError == nil, let answer = try? await client.recordRun(request) { return .answered(answer) }
        return .waiting
    }
}
