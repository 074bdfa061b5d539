import FoundationEssentials
import Postgres
import TrackCore
import TrackStore

/// Reads an upload and freezes it as a revision.
enum DomainSetIntake {
    /// Documents are written in groups of about this many bytes.
    private static let groupSize = 4 << 20

    static func freeze(
        set: String, from lines: some Sequence<Result<[UInt8], Problem>>, in db: Session
    ) throws -> (revision: DomainSetRevision, created: Bool, decontamination: Decontamination?) {
        var iterator = lines.makeIterator()
        guard let first = try iterator.next()?.get() else { throw Problem(.invalid, "The upload is empty.") }
        let head = try read(DomainSetUpload.self, from: first, line: 1)
        try check(head)
        var content = head.domains.map {
            DomainSetStore.DomainContent(domain: DomainOfRevision(name: $0, documents: 0, bytes: 0, words: 0), documents: [])
        }
        var group: [(digest: Digest, content: DocumentContent)] = []
        var size = 0
        var current = 0
        var seen: Set<Digest> = []
        var number = 1
        while let line = try iterator.next()?.get() {
            number += 1
            let document = try read(DocumentLine.self, from: line, line: number)
            guard head.kind == .documents, content.indices.contains(document.domain), document.domain >= current else {
                throw Problem(.invalid, "Line \(number): the domain \(document.domain) is not one of the set's, or out of order.")
            }
            current = document.domain
            if let fault = document.content.fault { throw Problem(.invalid, "Line \(number): \(fault).") }
            let digest = document.content.digest
            guard seen.insert(digest).inserted else {
                throw Problem(
                    .invalid,
                    "Line \(number): the document is in the set already; documents are the statistical units, so each counts once.")
            }
            let old = content[current].domain
            let bytes = document.content.byteCount
            content[current].domain = DomainOfRevision(
                name: old.name, documents: old.documents + 1, bytes: old.bytes + Int64(bytes),
                words: old.words + Int64(document.content.wordCount))
            content[current].documents.append(digest)
            group.append((digest, document.content))
            size += bytes
            if size >= groupSize {
                try DomainSetStore.addTexts(group, in: db)
                group = []
                size = 0
            }
        }
        if !group.isEmpty { try DomainSetStore.addTexts(group, in: db) }
        if head.kind == .documents, let empty = content.first(where: { $0.documents.isEmpty }) {
            throw Problem(.invalid, "The domain \(empty.domain.name) has no documents. Leave it out or give it some.")
        }
        let frozen = try DomainSetStore.freeze(
            set: set, kind: head.kind, split: head.split, seed: head.seed, targets: head.targets, domains: content, in: db)
        return (frozen.revision, frozen.created, head.decontamination)
    }

    /// Keeps what a look at a revision beside training text found, unless it is kept already.
    static func add(_ check: Decontamination, to revision: Int64, label: String, by actor: AuditActor, in db: Session) throws {
        guard !check.against.isEmpty, check.against.allSatisfy({ !$0.utf8.contains(0) }), check.documentsFound <= check.documents else {
            throw Problem(
                .invalid, "The check against training text must say against what, and cannot have found more documents than it looked at.")
        }
        guard try DecontaminationStore.add(check, to: revision, in: db) else { return }
        let detail = ["training text": check.digest.description, "found": "\(check.documentsFound)", "treatment": check.treatment.rawValue]
        try AuditStore.add(.addDecontamination, label, detail: detail, by: actor, in: db)
    }

    private static func check(_ head: DomainSetUpload) throws {
        guard !head.domains.isEmpty else { throw Problem(.invalid, "A domain set needs at least one domain.") }
        guard Set(head.domains).count == head.domains.count else { throw Problem(.invalid, "A domain is named twice.") }
        guard Name.isValid(head.split) else { throw Problem(.invalid, "\(head.split) cannot name a split.") }
    }

    private static func read<Value: Decodable>(_ type: Value.Type, from line: [UInt8], line number: Int) throws -> Value {
        do {
            // A document is as long as its line, and measured as it is.
            let limits = JSONLimits(string: APILimits.line, allowsNoncharacters: true)
            try line.withUnsafeBytes { try JSONReader.validate($0, limits: limits) }
            return try WireCoding.decode(type, from: Data(line))
        } catch {
            throw Problem(.invalid, "Line \(number) is not what this route reads.", faults: [WireCoding.fault(of: error)])
        }
    }
}
