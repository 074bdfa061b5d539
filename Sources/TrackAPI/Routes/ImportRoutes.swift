import Hummingbird
import NIOCore
import Postgres
import TrackCore
import TrackStore

/// `POST /v1/import/…`: the lines of an export's files, as NDJSON, with their own ids and times.
///
/// Each request is one transaction: a line that cannot be imported is named, and nothing of the request stays. What is here already is
/// counted as a duplicate, so that an import may be repeated. `first` is the number of the first line in its file, for messages.
struct ImportRoutes {
    let services: APIServices

    func add(to router: RouterGroup<APIContext>) {
        router.post("import/lineages") { request, _ in try await take(request, ImportIntake.lineage) }
        router.post("import/checkpoints") { request, _ in try await take(request, ImportIntake.checkpoint) }
        router.post("import/protocols") { request, _ in try await take(request, ImportIntake.protocolLine) }
        router.post("import/runs") { request, _ in try await take(request, ImportIntake.run) }
        router.post("import/revisions") { request, _ in
            try await receive(request) { file, db in try ImportIntake.revision(from: try file.lines(limit: APILimits.line), in: db) }
        }
        // Last: verdicts and alerts are made anew, once for a lineage and from all of its runs.
        router.post("import/settle") { request, _ in
            let response = try await take(request) { line, db in
                try ImportStore.settle(line, in: db)
                return true
            }
            services.judge.wake()
            return response
        }
    }

    private func take<Line: Decodable & SendableMetatype>(
        _ request: Request, _ importLine: @escaping @Sendable (Line, Session) throws -> Bool
    ) async throws -> Response {
        let first = request.optional("first").flatMap { Int($0) } ?? 1
        return try await receive(request) { file, db in
            try ImportIntake.each(try file.lines(limit: APILimits.line), first: first, in: db, importLine)
        }
    }

    private func receive(
        _ request: Request, _ body: @escaping @Sendable (UploadFile, Session) throws -> ImportResponse
    ) async throws -> Response {
        try request.requireContentType("application/x-ndjson")
        let file = try UploadFile(folder: services.uploads, limit: services.uploadLimit)
        defer { file.remove() }
        for try await buffer in request.body { try file.append(Array(buffer.readableBytesView)) }
        return try Answer.json(try await services.database.write("import", timeout: .seconds(600)) { db in try body(file, db) })
    }
}
