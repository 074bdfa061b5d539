import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres
import TrackCore
import TrackStore

struct RunRoutes {
    private let services: APIServices
    private let facts: RunFacts
    private let recorder: RunRecorder
    private let door = RunDoor()

    init(services: APIServices) {
        self.services = services
        facts = RunFacts()
        recorder = RunRecorder(database: services.database, facts: facts)
    }

    func add(to routes: GuardedRoutes) {
        routes.post("runs", needs: .recordRun, use: record)
        routes.post("runs/bulk", needs: .recordRun) { request, context in
            try context.caller.checkMayRecordByItself()
            return try BulkRecording(database: services.database, facts: facts, door: door, wake: services.judge.wake).answer(request)
        }
        routes.get("runs/{id}", needs: .read, use: show)
    }

    private func record(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try context.caller
        let answer = try await door.pass(bytes: request.largestBody) {
            try await record(try await request.json(upTo: APILimits.run), by: caller)
        }
        if answer.verdict == .accepted { services.judge.wake() }
        return try Answer.json(answer)
    }

    private func record(_ text: ByteBuffer, by caller: Principal) async throws -> RecordRunResponse {
        let run: IncomingRun
        do {
            run = try text.withUnsafeReadableBytes { try IncomingRun(json: $0) }
        } catch let fault as Fault {
            throw Problem.unreadable(fault)
        }
        if run.attempt == nil { try caller.checkMayRecordByItself() }
        // What answers a claim is decided by the claim's rows, and what corrects a run by that run's: each in a transaction of its own.
        guard run.attempt == nil, run.heading.supersedes == nil else {
            return try await services.database.write("run.record", timeout: .seconds(60)) { db in
                try caller.checkMayRecord(for: run.attempt, in: db)
                return try RunIntake.record(run, text: Data(text.readableBytesView), facts: facts, in: db)
            }
        }
        let target = try await facts.target(of: run.heading, in: services.database)
        let placed = try PlacedRun(run, text: Data(text.readableBytesView), on: target)
        return RecordRunResponse(id: placed.heading.id, verdict: try await recorder.record(placed), digest: placed.digest)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let text = try context.parameter("id")
        guard let id = RunID(text) else { throw Problem(.invalid, "\(text) is not the id of a run: a UUID of 36 characters.") }
        let view = try await services.database.read("run.show") { db -> RunView? in
            guard let recorded = try RunStore.recorded(id, withTypes: false, in: db),
                let checkpoint = try CheckpointStore.checkpoint(recorded.checkpointID, in: db)
            else { return nil }
            return RunView(recorded, checkpoint: checkpoint)
        }
        guard let view else { throw Problem(.notFound, "There is no run \(id).") }
        return try Answer.json(view)
    }
}

extension Request {
    /// How many bytes the body may become: what it announces, unless it is packed or says nothing.
    fileprivate var largestBody: Int {
        guard headers[.contentEncoding] == nil, let announced = headers[.contentLength].flatMap({ Int($0) }) else { return APILimits.run }
        return min(max(announced, 0), APILimits.run)
    }
}

extension RunFacts {
    /// What the run refers to: known already, or read in a transaction of its own.
    func target(of heading: RunHeading, in database: Database) async throws -> RunTarget {
        if let known = known(heading) { return known }
        return try await database.write("run.facts") { db in try self.target(of: heading, in: db) }
    }
}
