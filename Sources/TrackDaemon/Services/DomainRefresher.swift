import Logging
import Postgres
import TrackCore
import TrackEvaluators
import TrackStore

/// Takes new documents into domain sets, from folders of this machine.
///
/// The folder is read first and the revision frozen in one transaction, so that a crash in between leaves nothing; the same content again
/// is recognised and makes no further revision. So a slot that is tried twice is refreshed once.
struct DomainRefresher: Sendable {
    let database: Database
    let logger: Logger

    /// What a person asks for.
    ///
    /// - Throws: ``Problem`` that says what is wrong with the set or the folder.
    func refresh(_ set: String, _ request: RefreshRequest, by actor: AuditActor) async throws -> RefreshResponse {
        let newest = try await database.read("refresh.newest") { db in try DomainSetStore.latest(of: set, in: db).revision }
        guard request.when != .never else {
            try await database.write("refresh.end") { db in
                guard try RefreshStore.remove(for: set, in: db) else { return }
                try AuditStore.add(.setRefresh, set, detail: ["folder": "none"], by: actor, in: db)
            }
            return RefreshResponse(revision: newest, created: false, fresh: 0, notes: ["\(set) takes in no new documents any more."])
        }
        guard let folder = request.folder, folder.hasPrefix("/") else {
            throw Problem(.invalid, "The folder must be named by its whole path, which begins with a slash.")
        }
        guard request.when == .everySlot else { return try await refresh(set, from: folder, keep: request.keep, by: actor) }
        // Read once now, so that a wrong name is told to the person who wrote it and not to the log of next week.
        let (found, notes) = try await read(folder, split: newest.split)
        try await database.write("refresh.keep") { db in
            try RefreshStore.keep(folder, request.keep, for: set, in: db)
            try AuditStore.add(.setRefresh, set, detail: ["folder": folder, "keep": request.keep.rawValue], by: actor, in: db)
        }
        let documents = found.count
        return RefreshResponse(
            revision: newest, created: false, fresh: 0,
            notes: ["At every slot \(set) takes in what is new in \(folder); there are \(documents) documents now."] + notes)
    }

    /// What is due before a schedule fires, in words for its slot; nil when its set is not refreshed. It never stops the slot.
    func refreshForSlot(ofSchedule schedule: Int64) async -> String? {
        do {
            let setting = try await database.read("refresh.setting") { db in try RefreshStore.setting(ofSchedule: schedule, in: db) }
            guard let setting else { return nil }
            do {
                let answer = try await refresh(setting.set, from: setting.folder, keep: setting.keep, by: .daemon)
                let notes = answer.notes.map { " " + $0 }.joined()
                return answer.created
                    ? "\(answer.revision.label) was made with \(answer.fresh) new documents from \(setting.folder).\(notes)"
                    : "Nothing is new in \(setting.folder).\(notes)"
            } catch {
                logger.warning(
                    "a domain set could not be refreshed; the slot goes on with the revision that there is",
                    metadata: ["domain.set": "\(setting.set)", "error": "\(error)"])
                return "\(setting.set) was not refreshed: \(error)"
            }
        } catch {
            // The database is away; then the slot cannot fire either, and is tried again.
            logger.warning("cannot look for a refresh", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func refresh(
        _ set: String, from folder: String, keep: RefreshRequest.Keep, by actor: AuditActor
    ) async throws -> RefreshResponse {
        let (newestID, newest) = try await database.read("refresh.newest") { db in try DomainSetStore.latest(of: set, in: db) }
        guard newest.kind == .documents else {
            throw Problem(.invalid, "The domain set \(set) holds tables of results and no documents, so that it cannot take in any.")
        }
        let (found, notes) = try await read(folder, split: newest.split)
        let (revision, created, fresh) = try await database.write("refresh.freeze", timeout: .seconds(600)) { db in
            let old = try DomainSetStore.documentDigests(revision: newestID, domains: newest.domains.count, in: db)
            let next = RefreshedContent(of: newest, documents: old, with: found, keep: keep)
            guard next.differs else { return (newest, false, 0) }
            guard try DomainSetStore.latest(of: set, in: db).id == newestID else {
                throw Problem(.conflict, "\(set) got another revision meanwhile. Try again.")
            }
            try DomainSetStore.addTexts(next.fresh, in: db)
            let (made, created) = try DomainSetStore.freeze(
                set: set, kind: .documents, split: newest.split, seed: newest.seed, domains: next.domains, refreshedFrom: newest.number,
                in: db)
            if created {
                let detail = ["digest": made.digest.description, "new documents": "\(next.fresh.count)", "folder": folder]
                try AuditStore.add(.addRevision, made.label, detail: detail, by: actor, in: db)
            }
            return (made, created, next.fresh.count)
        }
        let known = !created && revision.number != newest.number
            ? ["It holds what \(revision.label) held; \(newest.label) stays the newest."] : []
        return RefreshResponse(revision: created ? revision : newest, created: created, fresh: created ? fresh : 0, notes: notes + known)
    }

    @concurrent
    private func read(_ folder: String, split: String) async throws -> (documents: [HeldOutDocument], notes: [String]) {
        do {
            var documents: [HeldOutDocument] = []
            let report = try await DomainSource.read(path: folder, split: split) { documents.append($0.document) }
            if let objection = report.objection(isStrict: false, skipsUnreadable: false) { throw objection }
            return (documents, report.notes)
        } catch let error as DomainSourceError {
            throw Problem(.invalid, error.description)
        }
    }
}

/// The content of the next revision.
struct RefreshedContent: Sendable {
    /// By name, with the documents in their frozen order.
    let domains: [DomainSetStore.DomainContent]
    /// Documents that the revision before did not have.
    let fresh: [(digest: Digest, content: DocumentContent)]
    /// Whether it has other documents than the revision before.
    let differs: Bool

    /// - Parameter documents: of the revision before, per domain.
    init(of revision: DomainSetRevision, documents: [[Digest]], with found: [HeldOutDocument], keep: RefreshRequest.Keep) {
        let before = Dictionary(zip(revision.domains, documents).map { ($0.name, (size: $0, digests: Set($1))) }) { first, _ in first }
        var known = Set(documents.joined())
        let everything = known
        var sizes: [DomainName: (documents: Set<Digest>, bytes: Int64, words: Int64)] = [:]
        if keep == .all {
            sizes = before.mapValues { ($0.digests, $0.size.bytes, $0.size.words) }
        } else {
            known = []
        }
        var fresh: [(digest: Digest, content: DocumentContent)] = []
        for document in found {
            let digest = document.digest
            guard known.insert(digest).inserted else { continue }
            var size = sizes[document.domain] ?? ([], 0, 0)
            size.documents.insert(digest)
            size.bytes += Int64(document.content.byteCount)
            size.words += Int64(document.content.wordCount)
            sizes[document.domain] = size
            if !everything.contains(digest) { fresh.append((digest, document.content)) }
        }
        domains = sizes.sorted { $0.key < $1.key }.map { name, size in
            DomainSetStore.DomainContent(
                domain: DomainOfRevision(name: name, documents: size.documents.count, bytes: size.bytes, words: size.words),
                documents: SelectionOrder.permuted(Array(size.documents), domain: name, seed: revision.seed))
        }
        self.fresh = fresh
        differs = sizes.mapValues(\.documents) != before.mapValues(\.digests)
    }
}
