import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres
import TrackCore
import TrackStore

/// `POST /v1/runs/bulk`: any number of runs, a line each, written by the batch; the answer streams back a line for each.
///
/// A client must read the answer while it sends: the daemon reads no further than it can answer.
struct BulkRecording: Sendable {
    /// So many bytes of lines, or so many lines, are one transaction.
    private static let batch = (bytes: 4 << 20, lines: 256)

    let database: Database
    let facts: RunFacts
    let door: RunDoor
    let wake: @Sendable () -> Void

    func answer(_ request: Request) throws -> Response {
        try request.requireContentType("application/x-ndjson")
        let lines = request.body
        let body = ResponseBody { writer in
            do {
                try await door.pass(bytes: APILimits.run) { try await record(lines, to: &writer) }
            } catch {
                // The status is sent already: the reason is the last line.
                try await writer.write(line(BulkAnswer(problem: ProblemMiddleware.problem(of: error))))
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson", .xContentTypeOptions: "nosniff"], body: body)
    }

    private func record(_ body: RequestBody, to writer: inout any ResponseBodyWriter) async throws {
        var lines = BulkLines(limit: APILimits.run)
        var batch: [Entry] = []
        var bytes = 0
        var number = 0
        for try await piece in body {
            for line in lines.cut(piece) {
                number += 1
                try await take(line, number, &batch, &bytes, to: &writer)
            }
        }
        if let last = lines.last() { try await take(last, number + 1, &batch, &bytes, to: &writer) }
        try await flush(&batch, to: &writer)
    }

    // MARK: One line

    /// A line of the batch: ready to be written, or answered already.
    private enum Entry {
        case run(Int, PlacedRun)
        case answered(BulkAnswer)
    }

    private func take(
        _ line: BulkLines.Line, _ number: Int, _ batch: inout [Entry], _ bytes: inout Int, to writer: inout any ResponseBodyWriter
    ) async throws {
        guard case .text(let text) = line else {
            batch.append(.answered(refused(number, nil, Problem(.tooLarge, "The line is longer than \(APILimits.run >> 20) MiB."))))
            return
        }
        if text.readableBytesView.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { return }
        let entry = try await entry(text, number)
        // A correction may correct a run of this very batch, which must be there first, and it is checked against it.
        var isAlone = false
        if case .run(_, let run) = entry, run.heading.supersedes != nil { isAlone = true }
        if isAlone {
            try await flush(&batch, to: &writer)
            bytes = 0
        }
        batch.append(entry)
        bytes += text.readableBytes
        guard isAlone || bytes >= Self.batch.bytes || batch.count >= Self.batch.lines else { return }
        try await flush(&batch, to: &writer)
        bytes = 0
    }

    private func entry(_ text: ByteBuffer, _ number: Int) async throws -> Entry {
        var id: RunID?
        do {
            let run = try text.withUnsafeReadableBytes { try IncomingRun(json: $0) }
            id = run.heading.id
            guard run.attempt == nil else {
                throw Problem(
                    .invalid, "A run that answers a claim is not sent in bulk.",
                    faults: [Fault(field: "/attempt", reason: "must be left out")])
            }
            let target = try await facts.target(of: run, in: database)
            return .run(number, try PlacedRun(run, text: Data(text.readableBytesView), on: target))
        } catch let fault as Fault {
            return .answered(refused(number, id, .unreadable(fault)))
        } catch let problem as Problem where problem.status < 500 {
            return .answered(refused(number, id, problem))
        }
    }

    private func refused(_ line: Int, _ id: RunID?, _ problem: Problem) -> BulkAnswer {
        BulkAnswer(line: line, id: id, verdict: problem.type == .conflict ? .conflict : .refused, problem: problem)
    }

    // MARK: A batch

    /// Writes what is ready, and answers after COMMIT.
    private func flush(_ batch: inout [Entry], to writer: inout any ResponseBodyWriter) async throws {
        let entries = batch
        batch = []
        let runs = entries.compactMap { entry in if case .run(_, let run) = entry { run } else { nil } }
        var results = (runs.isEmpty ? [] : await record(runs)).makeIterator()
        var answers = ByteBuffer()
        var outage: (any Error)?
        for entry in entries {
            switch entry {
            case .answered(let answer): answers.writeImmutableBuffer(try line(answer))
            case .run(let number, let run):
                let verdict = results.next() ?? .failure(CancellationError())
                do {
                    answers.writeImmutableBuffer(try line(try answer(number, run, try verdict.get())))
                } catch let problem as Problem where problem.status < 500 {
                    answers.writeImmutableBuffer(try line(refused(number, run.heading.id, problem)))
                } catch {
                    outage = error
                }
            }
            if outage != nil { break }
        }
        if answers.readableBytes > 0 { try await writer.write(answers) }
        if let outage { throw outage }
    }

    private func record(_ runs: [PlacedRun]) async -> [Result<RecordVerdict, any Error>] {
        let results = await RunBatch.record(runs, facts: facts, in: database)
        wake()
        return results
    }

    private func answer(_ number: Int, _ run: PlacedRun, _ verdict: RecordVerdict) throws -> BulkAnswer {
        BulkAnswer(
            line: number, id: run.heading.id, verdict: verdict == .accepted ? .accepted : .duplicate, digest: run.digest)
    }

    private func line(_ answer: BulkAnswer) throws -> ByteBuffer {
        var buffer = ByteBuffer(bytes: try WireCoding.encode(answer))
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }
}
