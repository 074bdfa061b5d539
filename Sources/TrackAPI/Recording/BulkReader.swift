import FoundationEssentials
import Hummingbird
import NIOCore
import Postgres
import TrackCore
import TrackStore

/// A line of a batch: ready to be written, or answered already.
enum BulkEntry: Sendable {
    case run(line: Int, PlacedRun)
    case answered(BulkAnswer)
}

/// Reads the body of a bulk request, batch by batch. It reads no further than the batch that it is asked for.
actor BulkReader {
    /// So many bytes of lines, or so many lines, are one transaction.
    private static let batch = (bytes: 4 << 20, lines: 256)

    private let database: Database
    private let facts: RunFacts
    private var pieces: RequestBody.AsyncIterator
    private var lines = BulkLines(limit: APILimits.run)
    private var number = 0
    private var isAtEnd = false
    private var entries: [BulkEntry] = []
    private var bytes = 0
    /// One piece of the body can end more than one batch of short lines.
    private var batches: [[BulkEntry]] = []

    init(_ body: RequestBody, facts: RunFacts, database: Database) {
        pieces = body.makeAsyncIterator()
        self.facts = facts
        self.database = database
    }

    /// The next batch; nil at the end.
    func next() async throws -> [BulkEntry]? {
        while batches.isEmpty, !isAtEnd { try await readPiece() }
        return batches.isEmpty ? nil : batches.removeFirst()
    }

    private func readPiece() async throws {
        var pieces = pieces
        let piece = try await pieces.next(isolation: self)
        self.pieces = pieces
        if let piece {
            for line in lines.cut(piece) { try await take(line) }
        } else {
            isAtEnd = true
            if let line = lines.last() { try await take(line) }
            closeBatch()
        }
    }

    private func closeBatch() {
        if !entries.isEmpty { batches.append(entries) }
        entries = []
        bytes = 0
    }

    // MARK: One line

    private func take(_ line: BulkLines.Line) async throws {
        number += 1
        guard case .text(let text) = line else {
            let problem = Problem(.tooLarge, "The line is longer than \(APILimits.run >> 20) MiB.")
            return entries.append(.answered(BulkAnswer(refusing: number, nil, problem)))
        }
        if text.readableBytesView.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { return }
        let entry = try await entry(text)
        // A correction may correct a run of this very batch, which must be there first, and it is checked against it.
        var isAlone = false
        if case .run(_, let run) = entry, run.heading.supersedes != nil { isAlone = true }
        if isAlone { closeBatch() }
        entries.append(entry)
        bytes += text.readableBytes
        if isAlone || bytes >= Self.batch.bytes || entries.count >= Self.batch.lines { closeBatch() }
    }

    private func entry(_ text: ByteBuffer) async throws -> BulkEntry {
        var id: RunID?
        do {
            let run = try text.withUnsafeReadableBytes { try IncomingRun(json: $0) }
            id = run.heading.id
            guard run.attempt == nil else {
                throw Problem(
                    .invalid, "A run that answers a claim is not sent in bulk.",
                    faults: [Fault(field: "/attempt", reason: "must be left out")])
            }
            let target = try await facts.target(of: run.heading, in: database)
            return .run(line: number, try PlacedRun(run, text: Data(text.readableBytesView), on: target))
        } catch let fault as Fault {
            return .answered(BulkAnswer(refusing: number, id, .unreadable(fault)))
        } catch let problem as Problem where problem.status < 500 {
            return .answered(BulkAnswer(refusing: number, id, problem))
        }
    }
}

extension BulkAnswer {
    init(refusing line: Int, _ id: RunID?, _ problem: Problem) {
        self.init(line: line, id: id, verdict: problem.type == .conflict ? .conflict : .refused, problem: problem)
    }
}
