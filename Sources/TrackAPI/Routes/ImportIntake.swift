import FoundationEssentials
import Postgres
import TrackCore
import TrackStore

/// Checks the lines of an import and writes them.
enum ImportIntake {
    /// Documents' texts are written in groups of about this many bytes.
    private static let groupSize = 4 << 20

    /// - Throws: ``Problem`` that names the line.
    static func each<Line: Decodable>(
        _ lines: some Sequence<Result<[UInt8], Problem>>, first: Int, in db: Session, _ importLine: (Line, Session) throws -> Bool
    ) throws -> ImportResponse {
        var response = ImportResponse()
        var number = first
        for line in lines {
            try naming(line: number) {
                let isNew = try importLine(try read(Line.self, from: try line.get()), db)
                response.accepted += isNew ? 1 : 0
                response.duplicates += isNew ? 0 : 1
            }
            number += 1
        }
        return response
    }

    static func lineage(_ line: LineageLine, in db: Session) throws -> Bool {
        guard Name.isValid(line.name) else { throw Problem(.invalid, "\(line.name) cannot name a lineage.") }
        return try ImportStore.lineage(line, in: db)
    }

    static func checkpoint(_ line: CheckpointLine, in db: Session) throws -> Bool {
        try AddCheckpointRequest(lineage: line.lineage, checkpoint: line.checkpoint).check()
        return try ImportStore.checkpoint(line, in: db)
    }

    static func protocolLine(_ line: ProtocolLine, in db: Session) throws -> Bool {
        guard line.scoring.digest == line.digest else {
            throw Problem(.invalid, "The protocol says that its digest is \(line.digest), but its content has \(line.scoring.digest).")
        }
        let isKnown = try ProtocolStore.isKnown(line.digest, in: db)
        _ = try ProtocolStore.id(of: line.scoring, in: db)
        return !isKnown
    }

    static func run(_ line: RunLine, in db: Session) throws -> Bool { try ImportStore.run(line, in: db) == .accepted }

    /// A first line that describes the revision, then a line per document in the frozen order.
    static func revision(from lines: some Sequence<Result<[UInt8], Problem>>, in db: Session) throws -> ImportResponse {
        var iterator = lines.makeIterator()
        guard let first = iterator.next() else { throw Problem(.invalid, "There is no revision in the request.") }
        let wanted = try read(DomainSetRevision.self, from: try first.get())
        guard Name.isValid(wanted.set), Name.isValid(wanted.split), wanted.number >= 1, !wanted.domains.isEmpty,
            Set(wanted.domains.map(\.name)).count == wanted.domains.count
        else { throw Problem(.invalid, "\(wanted.label) cannot be a domain set: its name, split, number or domains are not valid.") }
        var documents = [[Digest]](repeating: [], count: wanted.domains.count)
        var bytes = [Int64](repeating: 0, count: wanted.domains.count)
        var group: [(digest: Digest, content: DocumentContent)] = []
        var size = 0
        var current = 0
        var number = 0
        while let line = iterator.next() {
            number += 1
            try naming(line: number) {
                let document = try read(RevisionDocumentLine.self, from: try line.get())
                guard documents.indices.contains(document.domain), document.domain >= current,
                    document.position == documents[document.domain].count
                else { throw Problem(.invalid, "the document is not at its place in \(wanted.label): lines are missing or out of order.") }
                if let fault = document.content.fault { throw Problem(.invalid, "\(fault).") }
                guard document.content.digest == document.digest else {
                    throw Problem(
                        .invalid, "the document says that its digest is \(document.digest), but its content has another: it was changed.")
                }
                current = document.domain
                documents[current].append(document.digest)
                let length = document.content.byteCount
                bytes[current] += Int64(length)
                group.append((document.digest, document.content))
                size += length
            }
            if size >= groupSize {
                try DomainSetStore.addTexts(group, in: db)
                group = []
                size = 0
            }
        }
        if !group.isEmpty { try DomainSetStore.addTexts(group, in: db) }
        guard wanted.kind == .summary || (wanted.domains.map(\.documents) == documents.map(\.count) && wanted.domains.map(\.bytes) == bytes)
        else { throw Problem(.invalid, "The documents of \(wanted.label) are not as many, or not as long, as it says.") }
        let created = try ImportStore.revision(wanted, documents: documents, in: db)
        return ImportResponse(accepted: created ? 1 : 0, duplicates: created ? 0 : 1)
    }

    private static func naming(line number: Int, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let problem as Problem {
            throw Problem(problem.type, "Line \(number): \(problem.detail)", faults: problem.faults)
        }
    }

    private static func read<Value: Decodable>(_ type: Value.Type, from line: [UInt8]) throws -> Value {
        do {
            return try WireCoding.decode(type, from: Data(line))
        } catch {
            throw Problem(.invalid, "This is not a line of an export.", faults: [WireCoding.fault(of: error)])
        }
    }
}
