import Glibc
import Postgres
import Testing
import TrackCore
import TrackStore

@Suite struct DomainSetStoreTests {
    @Test("the same content is the same revision; other content is the next one")
    func revisions() async throws {
        try await House.open { house async throws in
            let domains = RandomRun.domains
            let again = try await house.write { db in try House.freeze("held-out", domains.reversed(), in: db) }
            #expect(!again.created)
            #expect(again.revision == house.revision)
            let changes: [@Sendable (Session) throws -> (revision: DomainSetRevision, created: Bool)] = [
                { try House.freeze("held-out", domains, in: $0) },
                { try House.freeze("held-out", domains.reversed(), seed: 2, in: $0) },
                { try House.freeze("held-out", domains.reversed(), texts: { House.texts($0).reversed() }, in: $0) },
            ]
            for (index, change) in changes.enumerated() {
                let made = try await house.write(change)
                #expect(made.created)
                #expect(made.revision.number == index + 2)
            }
            let (history, listing, latest) = try await house.write { db in
                (
                    try DomainSetStore.history(of: "held-out", in: db), try DomainSetStore.listing(in: db),
                    try DomainSetStore.latest(of: "held-out", in: db).revision
                )
            }
            #expect(history.map(\.number) == [4, 3, 2, 1])
            #expect(history.last == house.revision)
            #expect(Set(history.map(\.digest)).count == 4)
            #expect(listing.map(\.revisions) == [4])
            #expect(latest == history.first)
        }
    }

    @Test("a set keeps its documents in the frozen order, page by page, and shares their texts with other revisions")
    func documents() async throws {
        try await House.open { house async throws in
            let names = house.revision.domains.map(\.name)
            let made = try await house.write { db in
                try House.freeze("held-out", Array(names.dropFirst(2)), texts: { House.texts($0).reversed() }, in: db)
            }
            #expect(try await house.count("document_text") == 30)
            let (lines, digests) = try await house.write { db in
                let id = try DomainSetStore.revision(digest: made.revision.digest, in: db)?.id ?? 0
                var lines: [DocumentLine] = []
                var place: (domain: Int, position: Int)?
                while true {
                    let page = try DomainSetStore.documents(revision: id, after: place, limit: 5, in: db)
                    guard let last = page.last else { break }
                    place = last.place
                    lines += page.map(\.line)
                }
                return (lines, try DomainSetStore.documentDigests(revision: id, domains: 3, in: db))
            }
            let expected = names.dropFirst(2).enumerated().flatMap { index, name in
                House.texts(name).reversed().map { DocumentLine(domain: index, text: $0) }
            }
            #expect(lines == expected)
            #expect(digests.flatMap { $0 } == expected.map(\.content.digest))
        }
    }

    @Test("the same documents under another name are refused, because they are one set")
    func otherName() async throws {
        try await House.open { house async throws in
            let problem = await #expect(throws: Problem.self) {
                try await house.write { db in try House.freeze("copy", RandomRun.domains.reversed(), in: db) }
            }
            #expect(problem?.type == .conflict)
            #expect(problem?.detail.contains("held-out@1") == true)
            let (only, sets) = try await house.write { db in (try DomainSetStore.onlySet(in: db), try DomainSetStore.listing(in: db)) }
            #expect(only == "held-out")
            #expect(sets.count == 1)
        }
    }

    @Test("of two who freeze one content at once, one makes it, and the other finds it")
    func race() async throws {
        try await House.open { house async throws in
            let domains = Array(RandomRun.domains.dropFirst())
            let frozen = try await withThrowingTaskGroup(of: Bool.self) { group in
                // Whoever freezes first keeps its transaction open until the other waits for it: for the set, and not for the place of
                // the revision that both would make.
                for _ in 0..<2 {
                    group.addTask {
                        try await house.write { db in
                            let created = try House.freeze("held-out", domains, in: db).created
                            let waits: SQL = "SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
                            while created, try !db.one(waits, as: Bool.self) { usleep(1000) }
                            return created
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(frozen.filter { $0 }.count == 1)
        }
    }

    @Test("an unknown set is named in the answer")
    func unknown() async throws {
        try await House.open { house async throws in
            let problem = await #expect(throws: Problem.self) {
                try await house.write { db in try DomainSetStore.latest(of: "nowhere", in: db).revision }
            }
            #expect(problem?.detail.contains("nowhere") == true)
        }
    }
}
