import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres
import TrackCore
import TrackStore

/// `POST /v1/runs/bulk`: any number of runs, a line each, written by the batch; the answer streams back a line for each.
///
/// While a batch is written the next one is read, and no further. A client must read the answer while it sends: the daemon reads no
/// further than it can answer.
struct BulkRecording: Sendable {
    let database: Database
    let facts: RunFacts
    let door: RunDoor
    let wake: @Sendable () -> Void

    func answer(_ request: Request) throws -> Response {
        try request.requireContentType("application/x-ndjson")
        let lines = request.body
        let body = ResponseBody { writer in
            do {
                try await door.pass(bytes: APILimits.run) {
                    try await record(BulkReader(lines, facts: facts, database: database), to: &writer)
                }
            } catch {
                try await stop(for: error, &writer)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson", .xContentTypeOptions: "nosniff"], body: body)
    }

    private func record(_ reader: BulkReader, to writer: inout any ResponseBodyWriter) async throws {
        var batch = try await reader.next()
        while let current = batch {
            async let next = reader.next()
            do {
                try await record(current, to: &writer)
            } catch {
                try await stop(for: error, &writer)
                // Left alone it would be cancelled, which closes the connection under a client that has not read the reason yet. It ends
                // with its batch, which nobody writes, or with the client.
                _ = try? await next
                return
            }
            batch = try await next
        }
    }

    /// The status is sent already: the reason is the last line.
    private func stop(for error: any Error, _ writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(line(BulkAnswer(problem: ProblemMiddleware.problem(of: error))))
    }

    // MARK: A batch

    /// Writes what is ready, and answers after COMMIT.
    private func record(_ entries: [BulkEntry], to writer: inout any ResponseBodyWriter) async throws {
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
                    answers.writeImmutableBuffer(try line(BulkAnswer(refusing: number, run.heading.id, problem)))
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
