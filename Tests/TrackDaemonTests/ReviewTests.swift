import FoundationEssentials
import Postgres
import Testing
import TrackClient
import TrackCore
import TrackReview
import TrackStore

extension DaemonTests {
    @Suite struct ReviewTests {
        private func alert(_ lineage: String, _ state: AlertView.State, events: Int = 1, client: DaemonClient) async throws -> AlertView?
        {
            try await eventually {
                try await client.alerts(all: true).first { $0.lineage == lineage && $0.state == state && $0.events.count >= events }
            }
        }

        @Test("an OOD regression opens one alert and tells each sink once, however often it is seen; a sound checkpoint resolves it")
        func alerts() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("alerts", client: client)
                for step: Int64 in [0, 10, 20] { try await evaluations.add(step, client: client) }
                #expect(try await client.record(evaluations.run(0)) == .accepted)
                let worse = evaluations.run(10, factors: [0.9, 1.1, 1.1])
                #expect(try await client.record(worse) == .accepted)
                let opened = try #require(try await alert("alerts", .firing, client: client))
                #expect(opened.runs.contains(worse.id))
                #expect(opened.checkpoint == "alerts/checkpoint-10")
                #expect(opened.summary.contains("checkpoint-10"))

                let (verdicts, sentence, diverged) = try await daemon.read { db in
                    (
                        try db.rows(
                            """
                            SELECT v.domain, v.verdict FROM verdict v JOIN comparison k ON k.id = v.comparison_id
                            WHERE k.run_id = \(worse.id) AND k.reference = 'baseline' ORDER BY v.domain
                            """, as: (String.self, String.self)),
                        try db.one(
                            "SELECT sentence FROM comparison WHERE run_id = \(worse.id) AND reference = 'baseline'", as: String.self),
                        try db.one("SELECT diverged FROM comparison WHERE run_id = \(worse.id) AND reference = 'baseline'", as: Bool.self)
                    )
                }
                #expect(
                    verdicts.map { "\($0.0) \($0.1)" } == ["code/python regressed", "legal/licences improved", "news/agency regressed"])
                #expect(diverged)
                #expect(sentence == opened.summary)
                #expect(try await client.compare("alerts/checkpoint-10", with: nil).sentence == sentence)

                // The same numbers in a later run: seen again, told to nobody.
                let later = Timestamp(milliseconds: worse.evaluatedAt.milliseconds + 1000)
                #expect(try await client.record(evaluations.run(10, factors: [0.9, 1.1, 1.1], at: later)) == .accepted)
                let seen = try #require(try await alert("alerts", .firing, events: 2, client: client))
                #expect(seen.id == opened.id)
                #expect(seen.events.map(\.kind).sorted() == ["opened", "seen"])
                #expect(seen.notifications.map { "\($0.sink) \($0.kind)" } == ["log alert.firing"])

                #expect(try await client.record(evaluations.run(20, at: later)) == .accepted)
                let resolved = try #require(try await alert("alerts", .resolved, client: client))
                #expect(resolved.id == opened.id)
                #expect(Set(resolved.notifications.map(\.kind)) == ["alert.firing", "alert.resolved"])
                #expect(try await client.alerts(all: true).filter { $0.lineage == "alerts" }.count == 1)
                let told = try await eventually {
                    try await client.alerts(all: true).first {
                        $0.id == opened.id && $0.notifications.allSatisfy { $0.state == .delivered }
                    }
                }
                #expect(told != nil)
            }
        }

        @Test("which tokens moved is told where a domain regressed: on the card, in its twin and by compare, when it is asked for")
        func tokens() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("moved", client: client)
                for step: Int64 in [0, 10] { try await evaluations.add(step, client: client) }
                #expect(try await client.record(evaluations.run(0)) == .accepted)
                #expect(try await client.record(evaluations.run(10, factors: [0.9, 1.1, 1.1])) == .accepted)
                _ = try #require(try await alert("moved", .firing, client: client))
                #expect(try await client.compare("moved/checkpoint-10", with: nil).moves == nil)
                let moves = try #require(try await client.compare("moved/checkpoint-10", with: nil, tokens: true).moves)
                #expect(moves.map(\.name.description) == ["legal/licences", "code/python"])
                #expect(moves[1].moves.map(\.text) == [" ", "</td><script>\u{202e}", "<0xE2>"])
                #expect(moves[1].moves.allSatisfy(\.isExact) && abs((moves[1].moves[0].share ?? 0) - 0.5) < 1e-9)
                let card = try #require(try await client.publishScorecards(ReportRequest(lineage: "moved", week: nil)).first)
                let page = String(decoding: try Data(contentsOf: URL(filePath: card.htmlPath)), as: UTF8.self)
                #expect(page.contains("id=\"tokens\"") && page.contains("&lt;/td&gt;&lt;script&gt;\\u{202E}") && page.contains("␣"))
                let twin = String(decoding: try Data(contentsOf: URL(filePath: card.jsonPath)), as: UTF8.self)
                #expect(twin.contains("\"moves\""))
            }
        }

        @Test("a published card is a page and a twin on disk, with the digest that the database keeps; publishing again says the same")
        func cards() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("cards", client: client)
                for step: Int64 in [0, 10] { try await evaluations.add(step, client: client) }
                #expect(try await client.record(evaluations.run(0)) == .accepted)
                #expect(try await client.record(evaluations.run(10, factors: [0.9, 1.1, 1.1])) == .accepted)
                _ = try #require(try await alert("cards", .firing, client: client))
                let shown = try await eventually(within: .seconds(20)) {
                    try await client.scorecards().first { $0.lineage == "cards" }.flatMap { view in
                        let card = try WireCoding.decode(Scorecard.self, from: Data(contentsOf: URL(filePath: view.jsonPath)))
                        return card.alerts.contains { $0.state == .firing } ? card : nil
                    }
                }
                #expect(shown != nil, "the card that a review publishes shows the alert that the same review opened")
                let first = try #require(try await client.publishScorecards(ReportRequest(lineage: "cards", week: nil)).first)
                let again = try #require(try await client.publishScorecards(ReportRequest(lineage: "cards", week: nil)).first)
                #expect(first.digest == again.digest)
                let twin = try Data(contentsOf: URL(filePath: first.jsonPath))
                #expect(Digest(of: Array(twin)) == first.digest)
                #expect(try await client.scorecard(lineage: "cards", week: first.week, form: .json) == twin)
                let page = String(decoding: try Data(contentsOf: URL(filePath: first.htmlPath)), as: UTF8.self)
                #expect(page.contains("<html"))
                #expect(page.contains("news/agency"))
                #expect(first.htmlPath.hasPrefix(daemon.folder.path + "/scorecards/"))
                #expect(try await client.scorecards().contains { $0.digest == first.digest })
            }
        }

        @Test("a lineage whose domains did not get worse has no alert")
        func quiet() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("quiet", client: client)
                for step: Int64 in [0, 10] { try await evaluations.add(step, client: client) }
                #expect(try await client.record(evaluations.run(0)) == .accepted)
                #expect(try await client.record(evaluations.run(10, factors: [0.9, 1, 1])) == .accepted)
                let judged = try await eventually {
                    try await client.checkpoints(lineage: "quiet").first { $0.checkpoint.description.step == 10 }?.verdict
                }
                #expect(judged == "improved")
                #expect(try await client.alerts(all: true).contains { $0.lineage == "quiet" } == false)
            }
        }
    }
}
