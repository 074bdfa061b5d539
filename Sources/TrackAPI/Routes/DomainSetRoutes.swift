import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres
import TrackCore
import TrackStore

struct DomainSetRoutes {
    let services: APIServices

    func add(to routes: GuardedRoutes) {
        routes.post("domain-sets/{name}/revisions", needs: .addDomainSet, use: upload)
        routes.get("domain-sets", needs: .read) { _, _ in
            try Answer.json(try await services.database.read("domains.list") { db in try DomainSetStore.listing(in: db) })
        }
        routes.get("domain-sets/{name}", needs: .read) { _, context in
            let name = try context.parameter("name")
            let history = try await services.database.read("domains.history") { db in try DomainSetStore.history(of: name, in: db) }
            guard !history.isEmpty else {
                throw Problem(.notFound, "No domain set is called \(name). `track domains list` shows those there are.")
            }
            return try Answer.json(history)
        }
        routes.get("domain-sets/{name}/revisions/{number}/power", needs: .read) { _, context in
            // `newest` in place of a number.
            let number = try context.parameter("number")
            guard number == "newest" || Int(number) != nil else {
                throw Problem(.invalid, "\(number) is not the number of a revision: write 1, 2, … or newest.")
            }
            return try Answer.json(try await services.judge.power(try context.parameter("name"), Int(number)))
        }
        routes.post("domain-sets/{name}/refresh", needs: .setRefresh) { request, context in
            let wanted = try await request.read(RefreshRequest.self)
            return try Answer.json(try await services.refresh(try context.parameter("name"), wanted, try context.actor))
        }
        routes.get("revisions/{digest}/documents", needs: .readDocuments, use: download)
        routes.post("revisions/{digest}/decontaminations", needs: .addDomainSet, use: addDecontamination)
    }

    /// NDJSON: a ``DomainSetUpload``, then a ``DocumentLine`` for every document. It is kept in a file until it has arrived whole,
    /// so that a broken upload leaves nothing.
    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.parameter("name")
        guard Name.isValid(name) else {
            throw Problem(
                .invalid, "\(name) cannot name a domain set: use letters, digits, '.', '_' and '-', beginning with a letter or digit.")
        }
        try request.requireContentType("application/x-ndjson")
        let file = try UploadFile(folder: services.uploads, limit: services.uploadLimit)
        defer { file.close() }
        for try await buffer in request.body { try file.append(Array(buffer.readableBytesView)) }
        let actor = try context.actor
        let (revision, created) = try await services.database.write("domains.freeze", timeout: .seconds(3600)) { db in
            let frozen = try DomainSetIntake.freeze(set: name, from: try file.lines(limit: APILimits.line), in: db)
            if frozen.created {
                let detail = ["digest": frozen.revision.digest.description, "domains": "\(frozen.revision.domains.count)"]
                try AuditStore.add(.addRevision, frozen.revision.label, detail: detail, by: actor, in: db)
            }
            guard let check = frozen.decontamination, let found = try DomainSetStore.revision(digest: frozen.revision.digest, in: db) else {
                return (frozen.revision, frozen.created)
            }
            try DomainSetIntake.add(check, to: found.id, label: found.revision.label, by: actor, in: db)
            return (try DomainSetStore.revision(id: found.id, in: db) ?? found.revision, frozen.created)
        }
        return try Answer.json(DomainSetUploadResponse(revision: revision, created: created), status: created ? .created : .ok)
    }

    /// Keeps what a look at the revision beside training text found.
    private func addDecontamination(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let digest = Digest(try context.parameter("digest")) else {
            throw Problem(.invalid, "The revision in the path must be a digest of 64 hexadecimal digits.")
        }
        let check = try await request.read(Decontamination.self)
        let actor = try context.actor
        let revision = try await services.database.write("domains.decontamination") { db in
            guard let found = try DomainSetStore.revision(digest: digest, in: db) else {
                throw Problem(.notFound, "No domain set revision has the digest \(digest.short)….")
            }
            try DomainSetIntake.add(check, to: found.id, label: found.revision.label, by: actor, in: db)
            return try DomainSetStore.revision(id: found.id, in: db)
        }
        return try Answer.json(revision)
    }

    private func download(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let digest = Digest(try context.parameter("digest")) else {
            throw Problem(.invalid, "The revision in the path must be a digest of 64 hexadecimal digits.")
        }
        let database = services.database
        let found = try await database.read("domains.revision") { db in try DomainSetStore.revision(digest: digest, in: db) }
        guard let found else { throw Problem(.notFound, "No domain set revision has the digest \(digest.short)….") }
        let body = ResponseBody { writer in
            var place: (domain: Int, position: Int)?
            while true {
                let after = place
                let page = try await database.read("domains.documents") { db in
                    try DomainSetStore.documents(revision: found.id, after: after, limit: 256, in: db)
                }
                guard let last = page.last else { break }
                place = last.place
                var bytes = Data()
                for entry in page {
                    bytes.append(try WireCoding.encode(entry.line))
                    bytes.append(UInt8(ascii: "\n"))
                }
                try await writer.write(ByteBuffer(bytes: bytes))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: body)
    }
}
