import Hummingbird
import Postgres
import TrackCore
import TrackStore

struct RunRoutes {
    let services: APIServices

    func add(to routes: GuardedRoutes) {
        routes.post("runs", needs: .recordRun, use: record)
        routes.get("runs/{id}", needs: .read, use: show)
    }

    private func record(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try await request.read(RecordRunRequest.self, upTo: APILimits.run)
        let caller = try context.caller
        let digest = wanted.run.digest
        let answer = try await services.database.write("run.record", timeout: .seconds(60)) { db in
            try caller.checkMayRecord(for: wanted.attempt, in: db)
            return try RunIntake.record(wanted, digest: digest, in: db)
        }
        if answer.verdict == .accepted { services.judge.wake() }
        return try Answer.json(answer)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let text = try context.parameter("id")
        guard let id = RunID(text) else { throw Problem(.invalid, "\(text) is not the id of a run: a UUID of 36 characters.") }
        let view = try await services.database.read("run.show") { db -> RunView? in
            guard let recorded = try RunStore.recorded(id, in: db),
                let checkpoint = try CheckpointStore.checkpoint(recorded.checkpointID, in: db)
            else { return nil }
            return RunView(recorded, checkpoint: checkpoint)
        }
        guard let view else { throw Problem(.notFound, "There is no run \(id).") }
        return try Answer.json(view)
    }
}
