import FoundationEssentials
import Hummingbird
import NIOCore
import Postgres
import TrackCore
import TrackStore

/// `POST /v1/export` and `GET /v1/export/…`: all that is recorded, as the lines of an export's files.
///
/// A listing answers at most ``TransferLimits/lines`` lines of NDJSON and begins after the place in `after`, which is the key of the last
/// line that the asker has. `before` is the moment of the export, `lineages` a choice of names with commas between them.
struct ExportRoutes {
    let services: APIServices

    func add(to routes: GuardedRoutes) {
        routes.post("export", needs: .export, use: begin)
        routes.get("export/lineages", needs: .export) { request, _ in
            let (scope, after) = (try request.exportScope(), request.optional("after"))
            return lines(
                try await services.database.read("export.lineages") { db in try ExportStore.lineages(scope, after: after, in: db) })
        }
        routes.get("export/checkpoints", needs: .export) { request, _ in
            let scope = try request.exportScope()
            let after = try request.optional("after").map(CheckpointKey.init(exportCursor:))
            return lines(
                try await services.database.read("export.checkpoints") { db in try ExportStore.checkpoints(scope, after: after, in: db) })
        }
        routes.get("export/protocols", needs: .export) { request, _ in
            let scope = try request.exportScope()
            let after = try request.optional("after").map(Digest.init(exportCursor:))
            return lines(
                try await services.database.read("export.protocols") { db in try ExportStore.protocols(scope, after: after, in: db) })
        }
        routes.get("export/revisions", needs: .export) { request, _ in
            let scope = try request.exportScope()
            let after = try request.optional("after").map { try pair($0, separator: "@") }
            return lines(
                try await services.database.read("export.revisions") { db in
                    try ExportStore.revisions(scope, after: after.map { (set: $0.0, number: $0.1) }, in: db)
                })
        }
        routes.get("export/revisions/{digest}/documents", needs: .export, use: documents)
        routes.get("export/runs", needs: .export, use: runs)
    }

    private func begin(_ request: Request, _ context: APIContext) async throws -> Response {
        do {
            return try Answer.json(
                try await services.database.write("export.moment") { db in
                    ExportMoment(before: try ExportStore.moment(in: db), epoch: try EpochStore.current(in: db))
                })
        } catch let error as PostgresError where error.sqlState?.rawValue == "55P03" {
            throw Problem(
                .unavailable, "Something large is being recorded, and an export begins between two records. Try again in a moment.")
        }
    }

    private func documents(_ request: Request, _ context: APIContext) async throws -> Response {
        let digest = try Digest(exportCursor: try context.parameter("digest"))
        let database = services.database
        let start = try request.optional("after").map { try pair($0, separator: ":") }
        guard let found = try await database.read("export.revision", { db in try DomainSetStore.revision(digest: digest, in: db) }) else {
            throw Problem(.notFound, "No domain set revision has the digest \(digest.short)….")
        }
        return ndjson { writer in
            var place = try start.map { start in
                guard let domain = Int(start.0) else { throw Problem(.invalid, "after must be DOMAIN:POSITION.") }
                return (domain: domain, position: start.1)
            }
            // In groups, because documents can be large.
            var remaining = TransferLimits.lines
            while remaining > 0 {
                let (after, limit) = (place, min(remaining, 100))
                let page = try await database.read("export.documents") { db in
                    try ExportStore.documents(revision: found.id, after: after, limit: limit, in: db)
                }
                guard let last = page.last else { return }
                for line in page { try await writer.write(line: line) }
                remaining -= page.count
                place = (last.domain, last.position)
            }
        }
    }

    private func runs(_ request: Request, _ context: APIContext) async throws -> Response {
        let checkpoint = CheckpointKey(
            lineage: try request.required("lineage"), digest: try Digest(exportCursor: try request.required("checkpoint")))
        let before = try request.exportScope().before
        let after = try request.optional("after").map { text in
            guard let id = RunID(text) else { throw Problem(.invalid, "after must be the id of a run.") }
            return id
        }
        let database = services.database
        let ids = try await database.read("export.runs") { db in
            try ExportStore.runs(of: checkpoint, before: before, after: after, in: db)
        }
        return ndjson { writer in
            // One at a time: a run can be many megabytes.
            for id in ids {
                guard let recorded = try await database.read("export.run", { db in try RunStore.recorded(id, in: db) }) else { continue }
                try await writer.write(line: RunLine(digest: recorded.digest, recordedAt: recorded.recordedAt, run: recorded.run))
            }
        }
    }

    private func lines<Line: Encodable & Sendable>(_ lines: [Line]) -> Response {
        ndjson { writer in for line in lines { try await writer.write(line: line) } }
    }

    /// Lines that are made while they are sent. An error ends the connection, so that the reader knows that some are missing.
    private func ndjson(_ body: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void) -> Response {
        let content = ResponseBody { writer in
            try await body(&writer)
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: content)
    }

    /// `NAME@3` or `0:17`.
    private func pair(_ text: String, separator: Character) throws -> (String, Int) {
        guard let mark = text.lastIndex(of: separator), let number = Int(text[text.index(after: mark)...]) else {
            throw Problem(.invalid, "after is not a place in this listing.")
        }
        return (String(text[..<mark]), number)
    }
}

extension ResponseBodyWriter {
    fileprivate mutating func write(line: some Encodable) async throws {
        var data = try WireCoding.encode(line)
        data.append(UInt8(ascii: "\n"))
        try await write(ByteBuffer(bytes: data))
    }
}

extension Request {
    fileprivate func exportScope() throws -> ExportStore.Scope {
        guard let before = Timestamp(try required("before")) else {
            throw Problem(.invalid, "before must be a time, as `POST /v1/export` answers it.")
        }
        return ExportStore.Scope(before: before, lineages: optional("lineages")?.split(separator: ",").map(String.init))
    }
}

extension Digest {
    fileprivate init(exportCursor text: String) throws {
        guard let digest = Digest(text) else { throw Problem(.invalid, "\(text) is not a digest of 64 hexadecimal digits.") }
        self = digest
    }
}

extension CheckpointKey {
    /// `LINEAGE/DIGEST`
    fileprivate init(exportCursor text: String) throws {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw Problem(.invalid, "after must be LINEAGE/DIGEST.") }
        self.init(lineage: parts[0], digest: try Digest(exportCursor: parts[1]))
    }
}
