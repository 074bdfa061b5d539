import FoundationEssentials
import NIOCore
import Postgres
import Testing
import TrackClient
import TrackCore

@testable import TrackAPI
@testable import TrackDaemon

extension DaemonTests {
    @Suite struct BulkTests {
        @Test("many runs stream in and their verdicts stream back in order; a repeat is all duplicates")
        func stream() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("bulk", client: client)
                try await evaluations.add(0, client: client)
                // More than one batch of 256 lines.
                let requests = (0..<600).map { _ in RecordRunRequest(run: evaluations.run(0), attempt: nil) }
                for verdict in [BulkVerdict.accepted, .duplicate] {
                    var answers: [BulkAnswer] = []
                    try await client.recordRuns(requests) { answers.append($0) }
                    #expect(answers.map(\.line) == (1...600).map { $0 })
                    #expect(answers.map(\.id) == requests.map(\.run.id))
                    #expect(answers.map(\.digest) == requests.map(\.run.digest))
                    #expect(answers.allSatisfy { $0.verdict == verdict && $0.problem == nil })
                }
                let view = try await client.run(requests[599].run.id)
                #expect(view.digest == requests[599].run.digest)
            }
        }

        @Test("a line that is no run is refused with its reason, and the rest goes on")
        func refused() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("bulk-refused", client: client)
                try await evaluations.add(0, client: client)
                try await evaluations.add(1, client: client)
                func line(_ run: EvaluationRun, attempt: AttemptReference? = nil) throws -> String {
                    String(decoding: try WireCoding.encode(RecordRunRequest(run: run, attempt: attempt)), as: UTF8.self)
                }
                let run = evaluations.run(0)
                var other = run
                other.environment["host"] = "another"
                var stranger = evaluations.run(0)
                stranger.checkpoint.digest = Digest(ofText: "nobody's")
                var broken = evaluations.run(0)
                broken.content = .documents([DomainMeasurement(domain: Evaluations.domains[0], outcome: .failed(reason: ""))])
                var correction = evaluations.run(0)
                correction.supersedes = run.id
                var lost = evaluations.run(0)
                lost.supersedes = evaluations.run(0).id
                // It would hide a run of another checkpoint, and no reference of the database forbids it.
                var foreign = evaluations.run(1)
                foreign.supersedes = run.id
                let lines = [
                    try line(run), "", "{", try line(other), try line(stranger), try line(broken), try line(correction), try line(lost),
                    try line(evaluations.run(0), attempt: AttemptReference(job: 1, fence: 1)), try line(evaluations.run(0)),
                    try line(foreign),
                ]
                let answer = try await RawHTTP.ask(
                    daemon.folder.socket, "POST /v1/runs/bulk", headers: ["Content-Type: application/x-ndjson"],
                    body: lines.joined(separator: "\n"))
                #expect(answer.status == 200)
                #expect(answer.type == "application/x-ndjson")
                // Between the pieces stand their lengths.
                let answers = answer.body.split { $0.isNewline }.filter { $0.hasPrefix("{") }
                    .compactMap { try? WireCoding.decode(BulkAnswer.self, from: Data($0.utf8)) }
                try #require(answers.count == 10)
                #expect(answers.map(\.line) == [1, 3, 4, 5, 6, 7, 8, 9, 10, 11])
                #expect(
                    answers.map(\.verdict) == [
                        .accepted, .refused, .conflict, .refused, .refused, .accepted, .refused, .refused, .accepted, .refused,
                    ])
                #expect(answers[1].problem?.faults == [Fault(field: "", reason: "is not valid JSON")])
                #expect(answers[3].problem?.type == .notFound)
                #expect(answers[4].problem?.faults?.map(\.field) == ["/domains/0/reason"])
                #expect(answers[6].problem?.type == .notFound)
                #expect(answers[7].problem?.faults?.map(\.field) == ["/attempt"])
                #expect(answers[9].problem?.faults?.map(\.field) == ["/supersedes"])
            }
        }

        @Test("runs that arrive together get one answer each, also where one is refused")
        func together() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("together", client: client)
                try await evaluations.add(0, client: client)
                let runs = (0..<60).map { _ in evaluations.run(0) }
                let verdicts = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                    for (index, run) in (runs + runs).enumerated() {
                        var sent = run
                        if index % 10 == 0, index < 60 { sent.checkpoint.digest = Digest(ofText: "nobody's") }
                        group.addTask { [sent] in
                            do {
                                return (index, try await client.record(sent).rawValue)
                            } catch let problem as Problem {
                                return (index, problem.type.rawValue)
                            }
                        }
                    }
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                for index in 0..<60 {
                    let pair = [verdicts[index], verdicts[index + 60]].compactMap { $0 }.sorted()
                    #expect(pair == (index % 10 == 0 ? ["accepted", "not-found"] : ["accepted", "duplicate"]), "\(index)")
                }
            }
        }

        @Test("lines are cut wherever the pieces end; one that is too long passes without being kept")
        func lines() {
            for size in 1...9 {
                var lines = BulkLines(limit: 5)
                var found: [String] = []
                func take(_ line: BulkLines.Line) {
                    if case .text(let text) = line { found.append(String(buffer: text)) } else { found.append("too long") }
                }
                let text = Array("ab\n\n12345\n123456\nx\n1234567890\nlast".utf8)
                for start in stride(from: 0, to: text.count, by: size) {
                    lines.cut(.init(bytes: text[start..<min(start + size, text.count)])).forEach(take)
                }
                lines.last().map(take)
                #expect(found == ["ab", "", "12345", "too long", "x", "too long", "last"])
                #expect(lines.last() == nil)
            }
        }

        @Test("bytes on their way in are bounded; what finds no room is told to come again")
        func door() async throws {
            let door = RunDoor(limit: 100)
            try await door.pass(bytes: 60) {
                try await door.pass(bytes: 40) {}
                let problem = await #expect(throws: Problem.self) { try await door.pass(bytes: 41) {} }
                #expect(problem?.status == 429)
            }
            // Larger than the limit, but alone; a failure gives the room back too.
            await #expect(throws: CancellationError.self) { try await door.pass(bytes: 500) { throw CancellationError() } }
            try await door.pass(bytes: 100) {}
        }

        @Test(
            "every route is as strict: what two readers could understand differently is refused",
            arguments: [
                #"{"lineage":"a","lineage":"b"}"#, #"{"lineage":"\ud800"}"#, #"{"lineage":"a\u0000"}"#, #"{"lineage":1e999}"#, "{}{}",
                #"{"lineage":9007199254740993.5}"#,
            ])
        func strict(_ body: String) async throws {
            for route in ["POST /v1/checkpoints", "POST /v1/scorecards", "POST /v1/runs", "POST /v1/jobs/claim"] {
                let answer = try await RawHTTP.ask(
                    try Site.here.shared.folder.socket, route, headers: ["Content-Type: application/json"], body: body)
                #expect(answer.status == 422, "\(route) \(body): \(answer.body)")
                let problem = try WireCoding.decode(Problem.self, from: Data(answer.body.utf8))
                #expect(problem.faults?.count == 1)
            }
        }

        @Test("a whole number is one however it is written, on other routes as in runs")
        func spelling() async throws {
            let daemon = try Site.here.shared
            let evaluations = try await daemon.with { client in try await Evaluations("spelling", client: client) }
            let request = AddCheckpointRequest(
                lineage: "spelling", checkpoint: evaluations.description(120), inDomain: ["legal/*"], domainSet: "spelling",
                evaluate: false)
            for (step, status) in [("120.0", 201), ("1.2e2", 200), ("120.5", 422)] {
                let text = String(decoding: try WireCoding.encode(request), as: UTF8.self)
                    .replacing("\"step\":120", with: "\"step\":" + step)
                #expect(text.contains(step))
                let answer = try await RawHTTP.ask(
                    daemon.folder.socket, "POST /v1/checkpoints", headers: ["Content-Type: application/json"], body: text)
                #expect(answer.status == status, "\(step): \(answer.body)")
            }
        }

        @Test("judging takes a fifth of the time at most")
        func pace() {
            #expect(ReviewPace.pause(after: .zero) == .milliseconds(500))
            #expect(ReviewPace.pause(after: .seconds(2)) == .seconds(8))
            #expect(ReviewPace.pause(after: .seconds(3600)) == .seconds(30))
        }
    }
}
