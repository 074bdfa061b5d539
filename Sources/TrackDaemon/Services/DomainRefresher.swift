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
    /// For the texts of new documents between the folder and the database.
    let uploads: String
    let logger: Logger

    /// What a person asks for, and by how much the levels of the newest revision differ from those of the one before.
    ///
    /// - Throws: ``Problem`` that says what is wrong with the set or the folder.
    func refresh(_ set: String, _ request: RefreshRequest, by actor: AuditActor) async throws -> RefreshResponse {
        var answer = try await answer(set, request, by: actor)
        let changes = try await database.read("refresh.levels") { db in
            try EvidenceLoader.levelChanges(onRevision: try DomainSetStore.latest(of: set, in: db).id, in: db)
        }
        answer.levelChanges = changes.isEmpty ? nil : changes
        return answer
    }

    private func answer(_ set: String, _ request: RefreshRequest, by actor: AuditActor) async throws -> RefreshResponse {
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
        var documents = 0
        let notes = try await read(folder, split: newest.split) { _ in documents += 1 }
        try await database.write("refresh.keep") { db in
            try RefreshStore.keep(folder, request.keep, for: set, in: db)
            try AuditStore.add(.setRefresh, set, detail: ["folder": folder, "keep": request.keep.rawValue], by: actor, in: db)
        }
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
                    : "\(setting.folder) holds nothing that \(answer.revision.label) lacks.\(notes)"
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
        let old = try await database.read("refresh.documents") { db in
            try DomainSetStore.documentDigests(revision: newestID, domains: newest.domains.count, in: db)
        }
        var next = RefreshedContent(of: newest, documents: old, keep: keep)
        let texts = try FreshTexts(in: uploads)
        let notes = try await read(folder, split: newest.split) { document in
            if next.take(document) { try texts.append(document.content) }
        }
        let (revision, created, fresh) = try await database.write("refresh.freeze", timeout: .seconds(600)) { [next] db in
            guard next.differs else { return (newest, false, 0) }
            guard try DomainSetStore.latest(of: set, in: db).id == newestID else {
                throw Problem(.conflict, "\(set) got another revision meanwhile. Try again.")
            }
            try texts.forEachGroup { try DomainSetStore.addTexts($0, in: db) }
            let (made, created) = try DomainSetStore.freeze(
                set: set, kind: .documents, split: newest.split, seed: newest.seed, domains: next.domains, refreshedFrom: newest.number,
                in: db)
            if created {
                let detail = ["digest": made.digest.description, "new documents": "\(texts.count)", "folder": folder]
                try AuditStore.add(.addRevision, made.label, detail: detail, by: actor, in: db)
            }
            return (made, created, texts.count)
        }
        guard created else {
            let known =
                revision.number == newest.number
                ? [] : ["It holds what \(revision.label) held; \(newest.label) stays the newest."]
            return RefreshResponse(revision: newest, created: false, fresh: 0, notes: notes + known)
        }
        let unchecked = try await database.read("refresh.dropped") { db in
            try DecontaminationStore.lastDrop(from: set, in: db).map { Self.unchecked(revision, lastDrop: $0) }
        }
        return RefreshResponse(revision: revision, created: true, fresh: fresh, notes: notes + [unchecked].compactMap(\.self))
    }

    /// Which documents a check dropped is kept nowhere, so that they cannot be left out again.
    private static func unchecked(_ made: DomainSetRevision, lastDrop: (revision: Int, check: Decontamination)) -> String {
        let count = lastDrop.check.documentsFound
        return "\(count) \(count == 1 ? "document was" : "documents were") dropped for \(made.set)@\(lastDrop.revision), as found in "
            + "training text; those of them that lie in the folder are in \(made.label) again. Look for them again: "
            + "`track domains decontaminate \(made.set) --against \(lastDrop.check.against.joined(separator: " "))`."
    }

    @concurrent
    private func read(_ folder: String, split: String, _ visit: (HeldOutDocument) throws -> Void) async throws -> [String] {
        do {
            let report = try await DomainSource.read(path: folder, split: split) { try visit($0.document) }
            if let objection = report.objection(isStrict: false, skipsUnreadable: false) { throw objection }
            return report.notes
        } catch let error as DomainSourceError {
            throw Problem(.invalid, error.description)
        }
    }
}
