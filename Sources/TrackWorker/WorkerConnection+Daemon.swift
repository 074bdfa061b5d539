import FoundationEssentials
package import TrackClient
import TrackCore

extension WorkerConnection {
    /// A worker's words over HTTP, with this machine's spool between a result and the network.
    ///
    /// What is said of an attempt is said with the attempt's own token. That token ends with the attempt, so that its refusal means that
    /// the job is another's.
    package init(client: DaemonClient, spool: Spool) {
        self.init(
            claim: { try await client.claim($0) },
            beat: { pass, request in
                try await WorkerConnection.ended { try await client.carrying(pass.token).beat(pass.attempt, request) } ?? BeatResponse(instruction: .lost)
            },
            documents: { try await client.documents(of: $0, $1) },
            record: { try await WorkerConnection.record($1, $0, client, spool) },
            endAttempt: { pass, request in
                try await WorkerConnection.ended { try await client.carrying(pass.token).end(pass.attempt, request) } ?? EndAttemptResponse(state: nil)
            },
            deliverWaiting: {
                try await spool.deliver { record in try await client.deliver(record) }.delivery.waiting
            })
    }

    /// The answer to words with an attempt's token; nil when the token has ended.
    private static func ended<Answer: Sendable>(_ say: () async throws -> Answer) async throws -> Answer? {
        do {
            return try await say()
        } catch let problem as Problem where problem.type == .unauthenticated {
            return nil
        }
    }

    /// Durable first. A spool that cannot take the record is no reason not to send it: then only a failure of both loses it, and is thrown.
    private static func record(
        _ request: RecordRunRequest, _ pass: AttemptPass, _ client: DaemonClient, _ spool: Spool
    ) async throws -> RecordDelivery {
        // A result that comes after its attempt has ended is the worker's own word: it is a duplicate, or fenced off.
        func send() async throws -> RecordRunResponse {
            if let answer = try await ended({ try await client.carrying(pass.token).recordRun(request) }) { return answer }
            return try await client.recordRun(request)
        }
        do {
            try spool.write(SpoolRecord(request, at: Timestamp(Date())))
        } catch let error as SpoolError {
            guard let answer = try? await send() else { throw error }
            return .answered(answer)
        }
        var answer: RecordRunResponse?
        var refusal: Problem?
        let result = try await spool.deliver(only: request.run.id) { _ in
            do {
                answer = try await send()
            } catch let problem as Problem {
                refusal = problem
                throw problem
            }
        }
        if let answer { return .answered(answer) }
        if let refusal, !result.delivery.quarantined.isEmpty { throw refusal }
        // Without a stop another process took it meanwhile; the daemon knows the record and only says so again.
        if refusal == nil, result.stopError == nil, let answer = try? await send() { return .answered(answer) }
        return .waiting
    }
}
