import Postgres
import Testing
import TrackCore
import TrackStore
import TrackTestSupport

@Suite struct TokenStoreTests {
    /// A job that is running, with its open attempt.
    private func attempt(in db: Session) throws -> AttemptReference {
        let (_, checkpoints) = try TestRecord.lineage("tune", checkpoints: 1, in: db)
        let revision = try TestRecord.revision(set: "heldout", in: db)
        let scoring = try ProtocolStore.id(of: ScoringProtocol(), in: db)
        let job = try db.one(
            """
            INSERT INTO job (dedupe_key, checkpoint_id, revision_id, protocol_id, reason, state, fence, lease_owner, lease_until)
            VALUES ('key', \(checkpoints[0]), \(revision), \(scoring), 'manual', 'running', 1, gen_random_uuid(), clock_timestamp())
            RETURNING id
            """, as: (Int64.self))
        try db.execute(
            "INSERT INTO attempt (job_id, fence, worker, embedded, host, pid) VALUES (\(job), 1, gen_random_uuid(), false, 'here', 1)")
        return AttemptReference(job: job, fence: 1)
    }

    @Test("a token is found by its id with the digest of its secret, and the secret is nowhere in the table")
    func create() async throws {
        try await withTestDatabase { database in
            let (token, view) = try await database.write("test") { db in
                try TokenStore.create(name: "ci", role: .submitter, lifetime: 3600, in: db)
            }
            #expect(view.id == token.id && view.name == "ci" && view.role == .submitter && view.revokedAt == nil)
            let life = try #require(view.expiresAt).milliseconds - view.createdAt.milliseconds
            #expect(abs(life - 3_600_000) < 1000)
            try await database.read("test") { db in
                let recorded = try #require(try TokenStore.token(token.id, in: db))
                #expect(token.isProved(by: recorded.digest))
                #expect(recorded.attempt == nil && !recorded.hasAttemptEnded)
                #expect(try TokenStore.token("0000zzzz", in: db) == nil)
                let rows = try db.one("SELECT string_agg(t::text, ' ') FROM token t", as: (String.self))
                #expect(!rows.contains(token.text.suffix(43)))
            }
        }
    }

    @Test("a revoked token stays revoked since the first time; an unknown one cannot be revoked")
    func revoke() async throws {
        try await withTestDatabase { database in
            try await database.write("test") { db in
                let (token, _) = try TokenStore.create(name: "ci", role: .reader, lifetime: nil, in: db)
                let first = try TokenStore.revoke(token.id, in: db)
                let second = try TokenStore.revoke(token.id, in: db)
                #expect(first.isNew && !second.isNew)
                #expect(first.view.revokedAt != nil && first.view.revokedAt == second.view.revokedAt)
                #expect(try TokenStore.token(token.id, in: db)?.revokedAt == first.view.revokedAt)
                #expect(throws: Problem.self) { try TokenStore.revoke("0000zzzz", in: db) }
            }
        }
    }

    @Test("an attempt's token ends with its attempt, and with the token with which its job was claimed; nobody sees it in the list")
    func attempts() async throws {
        try await withTestDatabase { database in
            try await database.write("test") { db in
                let attempt = try attempt(in: db)
                let (worker, _) = try TokenStore.create(name: "gpu-1", role: .worker, lifetime: nil, in: db)
                #expect(try TokenStore.holder(of: attempt, in: db) == .unknown)
                let token = try TokenStore.create(for: attempt, holder: "gpu-1", issuer: worker.id, in: db)
                let open = try #require(try TokenStore.token(token.id, in: db))
                #expect(open.attempt == attempt && !open.hasAttemptEnded && open.revokedAt == nil && open.role == .worker)
                #expect(try TokenStore.holder(of: attempt, in: db) == .named("gpu-1"))
                #expect(try TokenStore.holder(of: AttemptReference(job: attempt.job, fence: 2), in: db) == .noSuchAttempt)
                #expect(try TokenStore.list(in: db).map(\.id) == [worker.id])
                #expect(throws: Problem.self) { try TokenStore.revoke(token.id, in: db) }

                try db.execute("UPDATE attempt SET ended_at = clock_timestamp(), outcome = 'lost'")
                #expect(try TokenStore.token(token.id, in: db)?.hasAttemptEnded == true)
                _ = try TokenStore.revoke(worker.id, in: db)
                #expect(try TokenStore.token(token.id, in: db)?.revokedAt != nil)
            }
        }
    }

    @Test("the use of a token is written once in an hour, with the beginning of the hour")
    func uses() async throws {
        try await withTestDatabase { database in
            let (token, _) = try await database.write("test") { db in
                try TokenStore.create(name: "ci", role: .reader, lifetime: nil, in: db)
            }
            func version() async throws -> String {
                try await database.read("test") { db in try db.one("SELECT xmin::text FROM token", as: (String.self)) }
            }
            try await database.write("test") { db in try TokenStore.noteUse(token.id, in: db) }
            let used = try await database.read("test") { db in try TokenStore.token(token.id, in: db)?.lastUsedHour }
            #expect(try #require(used).milliseconds % 3_600_000 == 0)
            let written = try await version()
            try await database.write("test") { db in try TokenStore.noteUse(token.id, in: db) }
            // Unless the hour ended between the two.
            let hour = try await database.read("test") { db in
                try db.one("SELECT date_trunc('hour', clock_timestamp(), 'UTC')", as: TrackCore.Timestamp.self)
            }
            if hour == used { #expect(try await version() == written) }
            try await database.write("test") { db in
                try db.execute("UPDATE token SET last_used_hour = last_used_hour - interval '1 hour'")
                try TokenStore.noteUse(token.id, in: db)
                #expect(try TokenStore.token(token.id, in: db)?.lastUsedHour ?? TrackCore.Timestamp(milliseconds: 0) >= used!)
            }
        }
    }
}
