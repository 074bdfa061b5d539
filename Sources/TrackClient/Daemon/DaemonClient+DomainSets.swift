import FoundationEssentials
import NIOCore
package import TrackCore

extension DaemonClient {
    /// Sends a revision as JSON Lines while it is read: a first line that describes it, then a line per document.
    package func addRevision(
        of set: String, _ upload: DomainSetUpload, documents: some Sequence<DocumentLine> & Sendable
    ) async throws -> DomainSetUploadResponse {
        try await addRevision(of: set, try .revision(upload, documents))
    }

    /// The same with lines that are written already.
    package func addRevision<Failure: Error>(
        of set: String, _ upload: DomainSetUpload, lines: some Sequence<Result<[UInt8], Failure>> & Sendable
    ) async throws -> DomainSetUploadResponse {
        try await addRevision(of: set, try .revision(upload, lines: lines))
    }

    private func addRevision(of set: String, _ body: RequestBody) async throws -> DomainSetUploadResponse {
        let route = Route(.post, ["v1", "domain-sets", set, "revisions"], limit: 3600)
        let data = try await bytes(route, body: body)
        return try decode(DomainSetUploadResponse.self, from: data, route: route, status: 200)
    }

    package func domainSets() async throws -> [DomainSetListing] {
        try await call(Route(.get, ["v1", "domain-sets"]))
    }

    /// Newest first.
    package func revisions(of set: String) async throws -> [DomainSetRevision] {
        try await call(Route(.get, ["v1", "domain-sets", set]))
    }

    /// How small a change a revision can show; the newest one when no number is given.
    package func power(of set: String, number: Int?) async throws -> RevisionPower {
        try await call(Route(.get, ["v1", "domain-sets", set, "revisions", number.map(String.init) ?? "newest", "power"], limit: 120))
    }

    /// Takes new documents into a set, from a folder of the daemon's machine.
    package func refresh(_ set: String, _ request: RefreshRequest) async throws -> RefreshResponse {
        try await call(Route(.post, ["v1", "domain-sets", set, "refresh"], limit: 600), request)
    }

    /// Keeps with a revision what a look at it beside training text found.
    package func addDecontamination(_ check: Decontamination, to revision: Digest) async throws -> DomainSetRevision {
        try await call(Route(.post, ["v1", "revisions", revision.hex, "decontaminations"]), check)
    }

    /// The documents of a revision as JSON Lines of ``DocumentLine`` in the frozen order: the bytes, piece by piece as they arrive.
    package func documents(of revision: Digest, _ receive: (UnsafeRawBufferPointer) throws -> Void) async throws {
        try await stream(Route(.get, ["v1", "revisions", revision.hex, "documents"], limit: 3600)) { piece in
            try piece.withUnsafeBytes(receive)
        }
    }

    /// The documents of a revision in the frozen order, each with its line, one at a time.
    ///
    /// - Throws: ``Problem`` for a line of more than ``WireLimits/documentLine``; what `receive` throws.
    package func documentLines(of revision: Digest, _ receive: (_ document: DocumentLine, _ line: [UInt8]) throws -> Void) async throws {
        var rest: [UInt8] = []
        try await documents(of: revision) { piece in
            var start = piece.startIndex
            while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
                rest.append(contentsOf: piece[start..<end])
                try receive(try WireCoding.decode(DocumentLine.self, from: Data(rest)), rest)
                rest.removeAll(keepingCapacity: true)
                start = end + 1
            }
            rest.append(contentsOf: piece[start...])
            guard rest.count <= WireLimits.documentLine else {
                throw Problem(.tooLarge, "The daemon sent a document of more than \(WireLimits.documentLine >> 20) MiB.")
            }
        }
    }
}
