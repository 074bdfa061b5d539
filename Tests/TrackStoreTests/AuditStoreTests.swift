import Postgres
import Testing
import TrackCore
import TrackStore
import TrackTestSupport

@Suite struct AuditStoreTests {
    @Test("lines come back as they were written, the newest first, page by page")
    func list() async throws {
        try await withTestDatabase { database in
            try await database.write("test") { db in
                let actor = AuditActor(name: "alice", token: "0123abcd", requestID: "r1")
                try AuditStore.add(.setBaseline, "tune", detail: ["baseline": "tune/base \"x\""], by: actor, in: db)
                for number in 1...3 { try AuditStore.add(.cancelJob, "job \(number)", by: .daemon, in: db) }
            }
            try await database.read("test") { db in
                let page = try AuditStore.list(before: nil, limit: 2, in: db)
                #expect(page.map(\.object) == ["job 3", "job 2"])
                #expect(page[0].actor == "trackd" && page[0].token == nil && page[0].detail.isEmpty)
                let rest = try AuditStore.list(before: page[1].id, limit: 10, in: db)
                #expect(rest.map(\.object) == ["job 1", "tune"])
                #expect(rest[1].actor == "alice" && rest[1].token == "0123abcd" && rest[1].requestId == "r1")
                #expect(rest[1].action == "lineage.baseline" && rest[1].detail == ["baseline": "tune/base \"x\""])
            }
        }
    }

    @Test("the database takes every action that there is")
    func actions() async throws {
        try await withTestDatabase { database in
            try await database.write("test") { db in
                for action in AuditAction.allCases { try AuditStore.add(action, "x", by: .daemon, in: db) }
            }
        }
    }

    @Test(
        "nothing changes or removes a line",
        arguments: ["UPDATE audit SET actor = 'mallory'", "DELETE FROM audit", "TRUNCATE audit"])
    func kept(_ statement: String) async throws {
        try await withTestDatabase { database in
            try await database.write("test") { db in try AuditStore.add(.cancelJob, "job 1", by: .daemon, in: db) }
            let error = await #expect(throws: PostgresError.self) {
                try await database.write("test") { db in try db.execute(SQL(unchecked: statement)) }
            }
            #expect(error?.message.contains("only ever added to") == true)
        }
    }
}
