import HTTPTypes
import Hummingbird
import Postgres
import TrackCore
import TrackJobs
import TrackStore

struct CheckpointRoutes {
    let services: APIServices

    func add(to routes: GuardedRoutes) {
        routes.post("checkpoints", needs: .addCheckpoint, use: add)
        routes.get("checkpoints", needs: .read, use: list)
        routes.get("checkpoint", needs: .read, use: show)
        routes.get("lineages", needs: .read) { _, _ in
            try Answer.json(try await services.database.read("lineage.all") { db in try LineageStore.all(in: db) })
        }
        routes.get("compare", needs: .read) { request, _ in
            try Answer.json(try await services.judge.compare(
                    try request.required("run"), request.optional("reference"), request.optional("tokens") == "true"))
        }
    }

    private func add(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try await request.read(AddCheckpointRequest.self)
        try wanted.check()
        let (scoring, actor) = (services.scoring, try context.actor)
        let answer = try await services.database.write("checkpoint.add") { db in
            try CheckpointIntake.add(wanted, scoring: scoring, by: actor, in: db)
        }
        services.judge.wake()
        return try Answer.json(answer, status: answer.created ? .created : .ok)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let lineage = request.optional("lineage")
        let listing = try await services.database.read("checkpoint.list") { db in
            try CheckpointStore.all(lineage: lineage, in: db).map { checkpoint in
                let headline = try ComparisonStore.newestHeadline(checkpoint: checkpoint.id, in: db)
                return CheckpointListing(
                    checkpoint: checkpoint, inDomainLogRatio: headline?.inDomain, oodLogRatio: headline?.ood,
                    verdict: headline.map { $0.status.replacing("_", with: " ") },
                    lastEvaluatedAt: try RunStore.lastEvaluated(checkpoint.id, in: db),
                    openJobs: try JobQueue.openJobs(checkpoint: checkpoint.id, in: db))
            }
        }
        return try Answer.json(listing)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = try request.required("reference")
        let view = try await services.database.read("checkpoint.show") { db in
            let checkpoint = try CheckpointStore.resolve(reference, in: db)
            guard let lineage = try LineageStore.lineage(named: checkpoint.lineage, in: db) else {
                throw Problem(.notFound, "The lineage \(checkpoint.lineage) is not registered.")
            }
            let runs = try RunStore.runs(of: checkpoint.id, limit: 10, in: db).compactMap { id in
                try RunStore.recorded(id, withTypes: false, in: db).map { RunView($0, checkpoint: checkpoint) }
            }
            return CheckpointView(
                checkpoint: checkpoint, lineage: lineage, runs: runs, jobs: try JobQueue.jobs(checkpoint: checkpoint.id, limit: 10, in: db))
        }
        return try Answer.json(view)
    }
}

extension AddCheckpointRequest {
    /// - Throws: ``Problem`` that names what cannot be recorded.
    func check() throws {
        var faults: [Fault] = []
        func note(_ bad: Bool, _ field: String, _ reason: String) { if bad { faults.append(Fault(field: field, reason: reason)) } }
        let nameRule = "must be letters, digits, '.', '_' and '-', at most 128, beginning with a letter or digit"
        note(!Name.isValid(lineage), "/lineage", nameRule)
        note(!Name.isValid(checkpoint.name), "/checkpoint/name", nameRule)
        note(checkpoint.uri.isEmpty || checkpoint.uri.utf8.count > 4096, "/checkpoint/uri", "must have 1 to 4096 bytes")
        for (field, value) in [
            ("step", checkpoint.step), ("tokens_seen", checkpoint.tokensSeen), ("parameters", checkpoint.parameters),
            ("bytes", checkpoint.bytes),
        ] {
            note((value ?? 0) < 0, "/checkpoint/\(field)", "must not be negative")
        }
        note(
            (checkpoint.maximumContext ?? 1) < 1 || (checkpoint.maximumContext ?? 1) > Int(Int32.max), "/checkpoint/maximum_context",
            "must be a positive number of tokens")
        for (index, domain) in inDomain.enumerated() {
            let wildcard = domain.hasSuffix("/*") && Name.isValid(String(domain.dropLast(2)))
            note(!wildcard && DomainName(domain) == nil, "/in_domain/\(index)", "must be source/domain or source/*")
        }
        if let domainSet { note(!Name.isValid(domainSet), "/domain_set", nameRule) }
        guard faults.isEmpty else { throw Problem(.invalid, "The checkpoint cannot be registered.", faults: faults) }
    }
}
