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
                try await unlessEnded { try await client.carrying(pass.token).beat(pass.attempt, request) }
                    ?? BeatResponse(instruction: .lost)
            },
            documents: { try await client.documents(of: $0, $1) },
            record: { try await WorkerConnection.record($1, $0, client, spool) },
            endAttempt: { pass, request in
                try await unlessEnded { try await client.carrying(pass.token).end(pass.attempt, request) } ?? EndAttemptResponse(state: nil)
            },
            deliverWaiting: { try await WorkerConnection.deliverWaiting(client, spool) },
            obstacle: { WorkerConnection.obstacle(spool) })
    }

    /// Durable first. A spool that cannot take the record is no reason not to send it: then only a failure of both endangers it, and the
    /// spool's error is thrown.
    private static func record(
        _ request: RecordRunRequest, _ pass: AttemptPass, _ client: DaemonClient, _ spool: Spool
    ) async throws -> RecordDelivery {
        // A result that comes after its attempt has ended is the worker's own word: it is a duplicate, or fenced off.
        func send(_ words: (DaemonClient) async throws -> RecordRunResponse) async throws -> RecordRunResponse {
            if let answer = try await unlessEnded({ try await words(client.carrying(pass.token)) }) { return answer }
            return try await words(client)
        }
        do {
            try spool.write(SpoolRecord(request, at: Timestamp(Date())))
        } catch let error as SpoolError {
            guard let answer = try? await send({ try await $0.recordRun(request) }) else { throw error }
            return .answered(answer)
        }
        var answer: RecordRunResponse?
        var refusal: Problem?
        // Whatever becomes of this delivery, the record is durable.
        let result = try? await spool.deliver(to: client.address.description, only: request.run.id, atOnce: true) { entry in
            do {
                let given = try await send { try await $0.recordRun(entry) }
                answer = given
                return SpoolReceipt(given.verdict, epoch: client.epoch)
            } catch let problem as Problem {
                refusal = problem
                throw problem
            }
        }
        if let answer { return .answered(answer) }
        guard let result else { return .waiting }
        if let quarantined = result.delivery.quarantined.first { throw refusal ?? Problem(.invalid, quarantined.reason) }
        // Without a stop another process took it meanwhile; the daemon knows the record and only says so again.
        if refusal == nil, result.stopError == nil, let answer = try? await send({ try await $0.recordRun(request) }) {
            return .answered(answer)
        }
        return .waiting
    }

    private static func deliverWaiting(_ client: DaemonClient, _ spool: Spool) async throws -> DeliveryNews {
        // Also when nothing waits: the daemon's answers to claims and heartbeats say which history it has.
        let replayed = try client.noteEpoch(in: spool)
        let delivery = try await client.deliver(spool, atOnce: false).delivery
        var notes: [String] = []
        if replayed + delivery.replayed > 0 {
            notes.append(
                "the daemon's history is another one than before (a restore or a failover): acknowledged records are sent again, "
                    + "\(replayed + delivery.replayed) of them")
        }
        for record in delivery.records {
            switch record.outcome {
            case .accepted, .duplicate, .kept: continue
            case .fenced: notes.append("\(record.label) is superseded: another attempt had answered for its job")
            case .quarantined: notes.append("\(record.label) is refused and in quarantine: \(record.reason ?? "")")
            }
        }
        return DeliveryNews(waiting: delivery.waiting, notes: notes)
    }

    private static func obstacle(_ spool: Spool) -> String? {
        do {
            guard case .none(let words) = try spool.prepare() else { return nil }
            return words
        } catch {
            return String(describing: error)
        }
    }
}

/// The answer to words with an attempt's token; nil when the token has ended.
private func unlessEnded<Answer: Sendable>(_ say: () async throws -> Answer) async throws -> Answer? {
    do {
        return try await say()
    } catch let problem as Problem where problem.type == .unauthenticated {
        return nil
    }
}
