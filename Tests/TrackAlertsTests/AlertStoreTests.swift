import Testing
import TrackCore
import TrackStore

@Suite struct AlertStoreTests {
    @Test("an alert opens once, is seen, resolves once, and can fire anew")
    func life() async throws {
        try await AlertHouse.open { house in
            let id = try #require(try await house.fire())
            #expect(try await house.fire() == nil)
            let firing = try await house.write { try AlertStore.firing(house.fingerprint, in: $0) }
            #expect(firing?.id == id && firing?.evidence == house.evidence())

            let alert = try #require(firing)
            try await house.write { try AlertStore.see(alert, house.evidence("still worse"), in: $0) }
            try await house.write { try AlertStore.see(alert, house.evidence("worse again", run: 2), in: $0) }
            try await house.resolve(id)
            try await house.resolve(id)
            #expect(try await house.write { try AlertStore.firing(house.fingerprint, in: $0) } == nil)
            #expect(try await house.alerts(all: false).isEmpty)

            let second = try #require(try await house.fire())
            let views = try await house.alerts()
            #expect(views.map(\.id) == [second, id])
            #expect(views.map(\.state) == [.firing, .resolved])
            #expect(views[1].events.map(\.kind) == ["opened", "seen", "resolved"])
            #expect(views[1].events.map(\.summary) == ["OOD got worse", "worse again", "OOD is back"])
            #expect(views[1].summary == "worse again" && views[1].resolvedAt != nil)
            #expect(views[1].runs == [house.runs[2], house.runs[0]])
            #expect(views[1].notifications.map(\.kind) == ["alert.firing", "alert.resolved"])
            #expect(views[0].lineage == "llama" && views[0].checkpoint == "llama/checkpoint-2" && views[0].rule == "ood_regression")
        }
    }

    @Test("of many reviewers at once one opens the alert")
    func race() async throws {
        try await AlertHouse.open { house in
            let opened = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<10 { group.addTask { try await house.fire(sinks: ["hook", "log"]) } }
                return try await group.reduce(into: []) { if let id = $1 { $0.append(id) } }
            }
            #expect(opened.count == 1)
            let views = try await house.alerts()
            #expect(views.count == 1 && views[0].events.count == 1 && views[0].notifications.map(\.sink) == ["hook", "log"])
        }
    }
}
