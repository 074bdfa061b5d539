package import Postgres
package import TrackCore

/// Tables `domain_set`, `domain_set_revision`, `domain`, `document`, `document_text`.
package enum DomainSetStore {
    /// One domain with the digests of its documents in the frozen order.
    package struct DomainContent: Sendable {
        package var domain: DomainOfRevision
        package var documents: [Digest]

        package init(domain: DomainOfRevision, documents: [Digest]) {
            self.domain = domain
            self.documents = documents
        }
    }

    /// The place in its set that a revision had elsewhere.
    package struct FormerPlace: Sendable {
        package var number: Int
        package var createdAt: Timestamp

        package init(number: Int, createdAt: Timestamp) {
            self.number = number
            self.createdAt = createdAt
        }
    }

    /// Freezes a revision. The documents' texts must be there already (``addTexts(_:in:)``). A revision with the same digest is not
    /// made again.
    ///
    /// - Parameters:
    ///   - former: nil gives it the next number and the present time.
    ///   - origin: the number of the revision that it is the refresh of.
    /// - Throws: ``Problem`` when another set has this content, or another revision the number.
    package static func freeze(
        set: String, kind: DomainSetRevision.Kind, split: String, seed: Int64, targets: SelectionTargets? = nil, domains: [DomainContent],
        as former: FormerPlace? = nil, refreshedFrom origin: Int? = nil, in db: Session
    ) throws -> (revision: DomainSetRevision, created: Bool) {
        try db.execute("INSERT INTO domain_set (name) VALUES (\(set)) ON CONFLICT (name) DO NOTHING")
        let setID = try db.one("SELECT id FROM domain_set WHERE name = \(set) FOR UPDATE", as: Int64.self)
        let digest = DomainSetRevision.digest(
            kind: kind, split: split, seed: seed, domains: domains.map { ($0.domain.name, $0.documents) })
        if let known = try revision(digest: digest, in: db) {
            guard known.revision.set == set else {
                throw Problem(.conflict, "The same documents are already the domain set \(known.revision.label): use that name.")
            }
            return (known.revision, false)
        }
        if let former,
            try db.first(
                "SELECT id FROM domain_set_revision WHERE domain_set_id = \(setID) AND number = \(former.number)", as: Int64.self) != nil
        {
            throw Problem(.conflict, "\(set)@\(former.number) is here already with other documents; it was left as it is.")
        }
        let id = try db.one(
            """
            INSERT INTO domain_set_revision (domain_set_id, number, digest, kind, split, seed, targets, refreshed_from, created_at)
            SELECT \(setID), coalesce(\(former?.number), max(number) + 1, 1), \(digest), \(kind.rawValue), \(split), \(seed),
                   \(try targets.map { try JSONText(encoding: $0) }), max(id) FILTER (WHERE number = \(origin)),
                   coalesce(\(former?.createdAt)::timestamptz, clock_timestamp())
            FROM domain_set_revision WHERE domain_set_id = \(setID) RETURNING id
            """, as: Int64.self)
        _ = try db.copyIn("COPY domain (revision_id, position, name, documents, bytes, words) FROM STDIN (FORMAT binary)") { copy in
            for (position, content) in domains.enumerated() {
                let domain = content.domain
                try copy.row(id, Int32(position), domain.name.description, Int32(domain.documents), domain.bytes, domain.words)
            }
        }
        _ = try db.copyIn("COPY document (revision_id, domain, position, digest) FROM STDIN (FORMAT binary)") { copy in
            for (position, content) in domains.enumerated() {
                for (index, digest) in content.documents.enumerated() {
                    try copy.row(id, Int32(position), Int32(index), digest.bytes)
                }
            }
        }
        guard let made = try revision(id: id, in: db) else {
            throw Problem(.internal, "The domain set revision \(set) could not be read back after it was written.")
        }
        return (made, true)
    }

    /// Keeps the contents of documents; one that is known is not written again.
    package static func addTexts(_ contents: [(digest: Digest, content: DocumentContent)], in db: Session) throws {
        let digests = contents.map { $0.digest.hex }
        let stored = try contents.map { try StoredContent($0.content) }
        try db.execute(
            """
            INSERT INTO document_text (digest, form, body)
            SELECT decode(digest, 'hex'), form, body
            FROM unnest(\(digests)::text[], \(stored.map(\.form.rawValue))::text[], \(stored.map(\.body))::text[]) AS t (digest, form, body)
            ON CONFLICT DO NOTHING
            """)
    }

    package static func revision(id: Int64, in db: Session) throws -> DomainSetRevision? {
        try revisions("WHERE v.id = \(id)", in: db).first?.revision
    }

    package static func revision(digest: Digest, in db: Session) throws -> (id: Int64, revision: DomainSetRevision)? {
        try revisions("WHERE v.digest = \(digest)", in: db).first
    }

    /// The newest revision of a set.
    ///
    /// - Throws: ``Problem`` when there is no such set.
    package static func latest(of set: String, in db: Session) throws -> (id: Int64, revision: DomainSetRevision) {
        guard let found = try revisions("WHERE s.name = \(set) ORDER BY v.number DESC LIMIT 1", in: db).first else {
            throw Problem(
                .notFound, "No domain set is called \(set). `track domains list` shows those there are; `track domains add` makes one.")
        }
        return found
    }

    /// A revision by its number.
    package static func revision(_ number: Int, of set: String, in db: Session) throws -> (id: Int64, revision: DomainSetRevision)? {
        try revisions("WHERE s.name = \(set) AND v.number = \(number)", in: db).first
    }

    /// UTF-8 bytes of every document as it is stored, per domain, in the frozen order; a conversation has the marks of JSON among them.
    package static func documentBytes(revision id: Int64, domains: Int, in db: Session) throws -> [[Int64]] {
        var bytes = [[Int64]](repeating: [], count: domains)
        let query: SQL = """
            SELECT d.domain, octet_length(t.body)::bigint AS bytes FROM document d JOIN document_text t USING (digest)
            WHERE d.revision_id = \(id) ORDER BY d.domain, d.position
            """
        try db.forEachRow(query) { row in
            let domain: Int = try row.read("domain")
            guard bytes.indices.contains(domain) else { throw row.failure("domain", "is no position of the revision") }
            bytes[domain].append(try row.read("bytes"))
        }
        return bytes
    }

    /// The revisions of a set, newest first.
    package static func history(of set: String, in db: Session) throws -> [DomainSetRevision] {
        try revisions("WHERE s.name = \(set) ORDER BY v.number DESC", in: db).map(\.revision)
    }

    package static func listing(in db: Session) throws -> [DomainSetListing] {
        let rows = try db.rows(
            """
            SELECT s.name, count(*), max(v.id) FROM domain_set s JOIN domain_set_revision v ON v.domain_set_id = s.id
            GROUP BY s.name ORDER BY s.name
            """, as: (String.self, Int.self, Int64.self))
        return try rows.compactMap { name, count, newest in
            try revision(id: newest, in: db).map { DomainSetListing(name: name, revisions: count, latest: $0) }
        }
    }

    /// The only set there is; nil when there are none or several.
    package static func onlySet(in db: Session) throws -> String? {
        let names = try db.rows("SELECT name FROM domain_set ORDER BY name LIMIT 2", as: String.self)
        return names.count == 1 ? names[0] : nil
    }

    /// The documents' digests per domain, in the frozen order.
    package static func documentDigests(revision id: Int64, domains: Int, in db: Session) throws -> [[Digest]] {
        var digests = [[Digest]](repeating: [], count: domains)
        let query: SQL = "SELECT domain, digest FROM document WHERE revision_id = \(id) ORDER BY domain, position"
        try db.forEachRow(query) { row in
            let domain: Int = try row.read("domain")
            guard digests.indices.contains(domain) else { throw row.failure("domain", "is no position of the revision") }
            digests[domain].append(try row.read("digest"))
        }
        return digests
    }

    /// Bytes of documents in one page; the document that reaches it is the last.
    static let pageSize = 8 << 20

    /// The documents with their texts, from the given place on, in the frozen order: at most `limit`, fewer when they are large.
    package static func documents(
        revision id: Int64, after place: (domain: Int, position: Int)?, limit: Int, in db: Session
    ) throws -> [(place: (domain: Int, position: Int), line: DocumentLine)] {
        let start = place ?? (-1, -1)
        let rows = try db.rows(
            """
            SELECT domain, position, form, body FROM \(fragment: page(of: id, after: start, limit: limit))
            WHERE earlier < \(pageSize) ORDER BY domain, position
            """, as: (Int.self, Int.self, StoredContent.Form.self, String.self))
        return try rows.map { (($0.0, $0.1), DocumentLine(domain: $0.0, content: try StoredContent(form: $0.2, body: $0.3).content)) }
    }

    /// Documents with the bytes of those that stand before them in the page. octet_length does not unpack a text.
    static func page(of revision: Int64, after start: (domain: Int, position: Int), limit: Int) -> SQL {
        """
        (SELECT *, sum(octet_length(body)) OVER (ORDER BY domain, position) - octet_length(body) AS earlier
         FROM (SELECT d.domain, d.position, digest, t.form, t.body FROM document d JOIN document_text t USING (digest)
               WHERE d.revision_id = \(revision) AND (d.domain, d.position) > (\(start.domain), \(start.position))
               ORDER BY d.domain, d.position LIMIT \(limit)) AS next) AS page
        """
    }

    private static func revisions(_ filter: SQL, in db: Session) throws -> [(id: Int64, revision: DomainSetRevision)] {
        let heads = try db.rows(
            """
            SELECT v.id, s.name AS set_name, v.number, v.digest, v.kind, v.split, v.seed, v.targets, v.created_at,
                   (SELECT o.number FROM domain_set_revision o WHERE o.id = v.refreshed_from) AS refreshed_from
            FROM domain_set_revision v JOIN domain_set s ON s.id = v.domain_set_id \(fragment: filter)
            """, as: Head.self)
        return try heads.map { head in
            let domains = try db.rows(
                "SELECT name, documents, bytes, words FROM domain WHERE revision_id = \(head.id) ORDER BY position",
                as: (DomainName.self, Int.self, Int64.self, Int64.self))
            var revision = DomainSetRevision(
                set: head.set, number: head.number, digest: head.digest, kind: head.kind, split: head.split, seed: head.seed,
                targets: try head.targets?.decode(SelectionTargets.self), createdAt: head.createdAt,
                domains: domains.map { DomainOfRevision(name: $0.0, documents: $0.1, bytes: $0.2, words: $0.3) })
            let decontaminations = try DecontaminationStore.all(of: head.id, in: db)
            revision.decontaminations = decontaminations.isEmpty ? nil : decontaminations
            revision.refreshedFrom = head.refreshedFrom
            return (head.id, revision)
        }
    }

    private struct Head: SQLRow {
        let id: Int64
        let set: String
        let number: Int
        let digest: Digest
        let kind: DomainSetRevision.Kind
        let split: String
        let seed: Int64
        let targets: JSONText?
        let createdAt: Timestamp
        let refreshedFrom: Int?

        init(row: inout RowReader) throws(PostgresError) {
            id = try row.read("id")
            set = try row.read("set_name")
            number = try row.read("number")
            digest = try row.read("digest")
            kind = try row.read("kind")
            split = try row.read("split")
            seed = try row.read("seed")
            targets = try row.read("targets")
            createdAt = try row.read("created_at")
            refreshedFrom = try row.read("refreshed_from")
        }
    }
}

extension DomainSetRevision.Kind: SQLDecodable, SQLEncodable {}
