import HTTPTypes
import Hummingbird
import Postgres
import TrackCore
import TrackJobs
import TrackStore

/// The evaluators that jobs ask for, by name. What a name stands for is the word of each worker's administrator.
package enum Evaluators {
    package static let standard = "transformers"

    static func check(_ name: String?) throws {
        guard let name, !Name.isValid(name) else { return }
        throw Problem(
            .invalid, "There can be no evaluator of this name.",
            faults: [Fault(field: "/evaluator", reason: "must be a name of letters, digits, \".\", \"_\" and \"-\"")])
    }
}

struct JobRoutes {
    let services: APIServices

    func add(to routes: GuardedRoutes) {
        routes.post("jobs", needs: .evaluate, use: evaluate)
        routes.get("jobs", needs: .read, use: list)
        routes.get("jobs/{id}", needs: .read) { _, context in
            let id = try context.number("id")
            return try Answer.json(try await services.database.read("job.show") { db in try JobQueue.job(id, in: db) })
        }
        routes.post("jobs/{id}/cancel", needs: .cancelJob, use: cancel)
        routes.post("jobs/claim", needs: .claimJob, use: claim)
        routes.post("jobs/{id}/attempts/{fence}/beat", needs: .reportAttempt, use: beat)
        routes.post("jobs/{id}/attempts/{fence}/end", needs: .reportAttempt, use: end)
    }

    private func evaluate(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try await request.read(EvaluateRequest.self)
        let scoring = wanted.scoring?.completed(by: services.scoring) ?? services.scoring
        let faults = scoring.faults.map { Fault(field: "/scoring" + $0.field, reason: $0.reason) }
        guard faults.isEmpty else { throw Problem(.invalid, "The evaluation cannot be queued.", faults: faults) }
        try Evaluators.check(wanted.evaluator)
        let actor = try context.actor
        let view = try await services.database.write("job.enqueue") { db in
            let checkpoint = try CheckpointStore.resolve(wanted.checkpoint, in: db)
            guard !checkpoint.description.isReported else {
                throw Problem(
                    .invalid,
                    "Only reported numbers of \(checkpoint.label) are known, and no weights that could be evaluated. "
                        + "Add them with `track add`.")
            }
            let lineage = try LineageStore.lineage(named: checkpoint.lineage, in: db)
            guard let set = try wanted.domainSet ?? lineage?.domainSet ?? DomainSetStore.onlySet(in: db) else {
                throw Problem(.invalid, "The lineage \(checkpoint.lineage) has no domain set: say which with --domain-set.")
            }
            let revision = try DomainSetStore.latest(of: set, in: db)
            guard revision.revision.kind == .documents else {
                throw Problem(.invalid, "The domain set \(set) has no documents to evaluate on.")
            }
            if let lineage, lineage.domainSet == nil {
                try LineageStore.setDomainSet(set, of: lineage.id, in: db)
                try AuditStore.add(.setDomainSet, lineage.name, detail: ["domain set": set], by: actor, in: db)
            }
            let work = NewJob.Work(
                checkpoint: checkpoint.id, revision: revision.id, scoring: try ProtocolStore.id(of: scoring, in: db),
                evaluator: wanted.evaluator ?? lineage?.evaluator ?? Evaluators.standard)
            let job = try JobQueue.enqueue(.manual(work, request: wanted.request), in: db)
            if job.created, let name = wanted.evaluator { try checkOffered(name, in: db) }
            return try JobQueue.job(job.id, in: db)
        }
        return try Answer.json(view, status: .created)
    }

    /// A job whose evaluator no worker has would wait without end. A name that workers had is believed: they may be at work, or start later.
    private func checkOffered(_ name: String, in db: Session) throws {
        guard let offered = services.offered.all, !offered.contains(name), try !JobQueue.wasTaken(by: name, in: db) else { return }
        throw Problem(
            .invalid, "No worker has the evaluator \(name), so that its job would wait without end.",
            faults: [
                Fault(
                    field: "/evaluator",
                    reason: "must be one that workers have, as \(offered.joined(separator: ", ")). "
                        + "Correct it, or start a worker whose evaluators.json names \(name), and ask again.")
            ])
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let states: Set<JobState>
        switch request.optional("state") {
        case nil, "all": states = Set(JobState.allCases)
        case "open": states = Set(JobState.allCases.filter(\.isOpen))
        case let text?:
            guard let state = JobState(rawValue: text) else { throw Problem(.invalid, "There is no job state \(text).") }
            states = [state]
        }
        return try Answer.json(try await services.database.read("job.list") { db in try JobQueue.jobs(in: states, in: db) })
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.number("id")
        let actor = try context.actor
        let view = try await services.database.write("job.cancel") { db in
            let state = try JobQueue.cancel(id, in: db)
            try AuditStore.add(.cancelJob, "job \(id)", detail: ["state": state.rawValue], by: actor, in: db)
            return try JobQueue.job(id, in: db)
        }
        return try Answer.json(view)
    }

    /// The job comes with a token that is good for this attempt only, so that nothing which leaks while it runs is good for more.
    private func claim(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try await request.read(ClaimRequest.self)
        services.offered.add(wanted.evaluators)
        let times = services.leaseTimes
        let actor = try context.actor
        let claimed = try await services.database.write("job.claim") { db -> ClaimResponse? in
            guard let job = try JobQueue.claim(wanted, times: times, in: db) else { return nil }
            let token = try TokenStore.create(for: job.attempt, holder: actor.name, issuer: actor.token, in: db)
            return ClaimResponse(job: job, token: token.text)
        }
        guard let claimed else { return Response(status: .noContent) }
        return try Answer.json(claimed)
    }

    private func beat(_ request: Request, _ context: APIContext) async throws -> Response {
        let attempt = AttemptReference(job: try context.number("id"), fence: try context.number("fence"))
        let wanted = try await request.read(BeatRequest.self)
        let (times, caller) = (services.leaseTimes, try context.caller)
        let instruction = try await services.lifeline.write("job.beat") { db in
            try caller.checkSpeaks(for: attempt, in: db)
            return try JobQueue.beat(attempt, times: times, progress: wanted.progress, in: db)
        }
        return try Answer.json(BeatResponse(instruction: instruction))
    }

    private func end(_ request: Request, _ context: APIContext) async throws -> Response {
        let attempt = AttemptReference(job: try context.number("id"), fence: try context.number("fence"))
        let wanted = try await request.read(EndAttemptRequest.self)
        let (policy, caller) = (services.retryPolicy, try context.caller)
        let state = try await services.lifeline.write("job.end") { db in
            try caller.checkSpeaks(for: attempt, in: db)
            return try JobQueue.end(attempt, wanted, policy: policy, in: db)
        }
        if state == .failed { services.judge.wake() }
        return try Answer.json(EndAttemptResponse(state: state))
    }
}
