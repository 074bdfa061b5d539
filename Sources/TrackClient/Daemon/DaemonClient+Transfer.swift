import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import SystemPackage
package import TrackCore

/// A listing of the export, with what names the place of a line in it.
package struct ExportListing: Sendable {
    let path: [String]
    let query: [(String, String?)]
    /// The `after` of the page that follows a line.
    let cursor: @Sendable (Data) throws -> String

    private init<Line: Decodable & SendableMetatype>(
        _ path: [String], of line: Line.Type, query: [(String, String?)] = [], cursor: @escaping @Sendable (Line) -> String
    ) {
        self.path = path
        self.query = query
        self.cursor = { cursor(try WireCoding.decode(Line.self, from: $0)) }
    }

    static let lineages = ExportListing(["lineages"], of: LineageLine.self) { $0.name }
    static let checkpoints = ExportListing(["checkpoints"], of: CheckpointLine.self) { "\($0.lineage)/\($0.checkpoint.digest.hex)" }
    static let protocols = ExportListing(["protocols"], of: ProtocolLine.self) { $0.digest.hex }
    static let revisions = ExportListing(["revisions"], of: DomainSetRevision.self) { $0.label }

    static func documents(of revision: Digest) -> ExportListing {
        ExportListing(["revisions", revision.hex, "documents"], of: RevisionDocumentLine.self) { "\($0.domain):\($0.position)" }
    }

    static func runs(of checkpoint: CheckpointKey) -> ExportListing {
        ExportListing(
            ["runs"], of: RunLine.self, query: [("lineage", checkpoint.lineage), ("checkpoint", checkpoint.digest.hex)]
        ) { $0.run.id.description }
    }
}

/// What an import sends: the last part of its route.
package enum ImportKind: String, Sendable { case lineages, checkpoints, protocols, runs, settle }

extension DaemonClient {
    package func beginExport() async throws -> ExportMoment {
        try await call(Route(.post, ["v1", "export"], limit: 60))
    }

    /// A page of a listing as JSON Lines, piece by piece as it arrives.
    func exportPage(
        _ listing: ExportListing, _ progress: ExportFolder.Progress, after: String?, _ receive: (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        let scope: [(String, String?)] = [
            ("before", progress.moment.before.description), ("lineages", progress.lineages?.joined(separator: ",")), ("after", after),
        ]
        try await stream(Route(.get, ["v1", "export"] + listing.path, query: listing.query + scope, limit: 3600)) { piece in
            try piece.withUnsafeBytes(receive)
        }
    }

    /// Sends lines of an export's file.
    ///
    /// - Parameter first: the number of the first line in its file, for messages.
    func importLines(_ kind: ImportKind, _ lines: Data, first: Int) async throws -> ImportResponse {
        let route = Route(.post, ["v1", "import", kind.rawValue], query: [("first", "\(first)")], limit: 900)
        let data = try await bytes(route, body: RequestBody(content: .bytes(lines), mediaType: "application/x-ndjson"))
        return try decode(ImportResponse.self, from: data, route: route, status: 200)
    }

    /// Sends a revision: its line, and the file of its documents while it is read.
    func importRevision(_ line: Data, documents: String?) async throws -> ImportResponse {
        let route = Route(.post, ["v1", "import", "revisions"], limit: 3600)
        let content = HTTPClientRequest.Body.stream(FilePieces(first: ByteBuffer(bytes: line), path: documents), length: .unknown)
        let data = try await bytes(route, body: RequestBody(content: content, mediaType: "application/x-ndjson"))
        return try decode(ImportResponse.self, from: data, route: route, status: 200)
    }
}

/// Bytes, then a file's, in pieces of 256 KiB; read anew for every try.
private struct FilePieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let first: ByteBuffer
    let path: String?

    func makeAsyncIterator() -> Iterator { Iterator(first: first, path: path) }

    final class Iterator: AsyncIteratorProtocol {
        private var first: ByteBuffer?
        private let path: String?
        private var file: SystemPackage.FileDescriptor?

        init(first: ByteBuffer, path: String?) {
            self.first = first
            self.path = path
        }

        deinit { try? file?.close() }

        func next() async throws -> ByteBuffer? {
            if let bytes = first.take() { return bytes }
            guard let path else { return nil }
            let file = try self.file ?? SystemPackage.FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
            self.file = file
            var chunk = [UInt8](repeating: 0, count: 1 << 18)
            let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
            return count > 0 ? ByteBuffer(bytes: chunk[..<count]) : nil
        }
    }
}
