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

    func add(to routes: GuardedRoutes) {
        routes.post("import/lineages", needs: .importRecords) { request, context in try await take(request, context, ImportIntake.lineage) }
        routes.post("import/checkpoints", needs: .importRecords) { request, context in try await take(request, context, ImportIntake.checkpoint) }
        routes.post("import/protocols", needs: .importRecords) { request, context in try await take(request, context, ImportIntake.protocolLine) }
        routes.post("import/runs", needs: .importRecords) { request, context in try await take(request, context, ImportIntake.run) }
        routes.post("import/revisions", needs: .importRecords) { request, context in
            try await receive(request, context) { file, db in try ImportIntake.revision(from: try file.lines(limit: APILimits.line), in: db) }
        }
        // Last: verdicts and alerts are made anew, once for a lineage and from all of its runs.
        routes.post("import/settle", needs: .importRecords) { request, context in
            let response = try await take(request, context) { line, db in
                try ImportStore.settle(line, in: db)
                return true
            }
            services.judge.wake()
            return response
        }
    }

    private func take<Line: Decodable & SendableMetatype>(
        _ request: Request, _ context: APIContext, _ importLine: @escaping @Sendable (Line, Session) throws -> Bool
    ) async throws -> Response {
        let first = request.optional("first").flatMap { Int($0) } ?? 1
        return try await receive(request, context) { file, db in
            try ImportIntake.each(try file.lines(limit: APILimits.line), first: first, in: db, importLine)
        }
    }

    private func receive(
        _ request: Request, _ context: APIContext, _ body: @escaping @Sendable (UploadFile, Session) throws -> ImportResponse
    ) async throws -> Response {
        try request.requireContentType("application/x-ndjson")
        let (actor, kind) = (try context.actor, request.uri.path.split(separator: "/").last.map(String.init) ?? "")
        let file = try UploadFile(folder: services.uploads, limit: services.uploadLimit)
        defer { file.close() }
        for try await buffer in request.body { try file.append(Array(buffer.readableBytesView)) }
        return try Answer.json(
            try await services.database.write("import", timeout: .seconds(600)) { db in
                let response = try body(file, db)
                if response.accepted > 0 {
                    try AuditStore.add(.importRecords, kind, detail: ["accepted": "\(response.accepted)"], by: actor, in: db)
                }
                return response
            })
    }
}
