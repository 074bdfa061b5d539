import FoundationEssentials
import TrackCore

/// Reads the documents of one file, piece by piece.
enum DomainFileReader {
    enum Found {
        /// `statesOtherBytes`: the line says that its text has another number of bytes than it has.
        case document(HeldOutDocument, statesOtherBytes: Bool)
        case leftOut(DomainSourceReport.Reason)
    }

    /// Calls `visit` with what the file's documents are and their lines, 0 for a file that is one document.
    ///
    /// - Parameters:
    ///   - isWanted: the other lines are passed over unread.
    ///   - name: the domain of a source and a line's subdomain.
    ///   - advanced: hears how many more of the file's own bytes were read, compressed as they are.
    /// - Throws: ``DomainSourceError/unreadable(file:reason:)``; what `visit` throws.
    static func read(
        _ file: PlannedFile, at path: String, limits: DomainReadLimits, isWanted: (Int) -> Bool = { _ in true },
        name: (_ source: String, _ subdomain: String) throws -> DomainName = DomainLayout.name,
        advanced: (Int64) -> Void = { _ in }, visit: (Found, Int) async throws -> Void
    ) async throws {
        switch file.form {
        case .text:
            guard isWanted(0) else { return }
            var bytes: [UInt8] = []
            var isTooLong = false
            try await pieces(of: path, isCompressed: file.isCompressed, advanced) { piece in
                isTooLong = isTooLong || Int64(bytes.count + piece.count) > limits.documentBytes
                if isTooLong { bytes = [] } else { bytes.append(contentsOf: piece) }
            } between: {
            }
            try await visit(isTooLong ? .leftOut(.tooLong) : text(bytes, file, limits), 0)
        case .lines:
            var lines = NumberedLines(limit: limits.lineBytes)
            func visitReady() async throws {
                for line in lines.take() where isWanted(line.number) {
                    switch line.content {
                    case .tooLong: try await visit(.leftOut(.tooLong), line.number)
                    case .whole(let bytes):
                        guard let found = try document(bytes, line.number, file, limits, name) else { continue }
                        try await visit(found, line.number)
                    }
                }
            }
            try await pieces(of: path, isCompressed: file.isCompressed, advanced) {
                lines.append($0)
            } between: {
                try await visitReady()
            }
            lines.finish()
            try await visitReady()
        }
    }

    // MARK: - Documents

    private static func text(_ bytes: [UInt8], _ file: PlannedFile, _ limits: DomainReadLimits) -> Found {
        guard let text = String(validating: bytes, as: UTF8.self) else { return .leftOut(.invalidText) }
        return judged(HeldOutDocument(domain: file.domain, text: text), stated: nil, limits)
    }

    /// Nil for a line of white space.
    private static func document(
        _ line: [UInt8], _ number: Int, _ file: PlannedFile, _ limits: DomainReadLimits, _ name: (String, String) throws -> DomainName
    ) throws -> Found? {
        // The mark that some programs write before UTF-8 is no part of the first line.
        let line = number == 1 && line.starts(with: [0xef, 0xbb, 0xbf]) ? Array(line.dropFirst(3)) : line
        guard line.contains(where: { $0 > 0x20 }) else { return nil }
        guard String(validating: line, as: UTF8.self) != nil else { return .leftOut(.invalidText) }
        guard let parsed = try? JSONDecoder().decodeChecked(SourceLine.self, from: Data(line)) else { return .leftOut(.damagedLine) }
        var domain = file.domain
        if file.readsSubdomain, let subdomain = parsed.subdomain { domain = try name(file.domain.source, subdomain) }
        return judged(HeldOutDocument(domain: domain, content: parsed.content), stated: parsed.statedBytes, limits)
    }

    private static func judged(_ document: HeldOutDocument, stated: Int64?, _ limits: DomainReadLimits) -> Found {
        let content = document.content
        let bytes = Int64(content.byteCount)
        if bytes > limits.documentBytes { return .leftOut(.tooLong) }
        if content.parts.allSatisfy({ $0.unicodeScalars.allSatisfy(\.properties.isWhitespace) }) { return .leftOut(.empty) }
        if content.holdsNUL { return .leftOut(.holdsNUL) }
        if content.fault != nil { return .leftOut(.damagedLine) }
        return .document(document, statesOtherBytes: stated.map { $0 != bytes } ?? false)
    }

    // MARK: - Bytes

    private static func pieces(
        of path: String, isCompressed: Bool, _ advanced: (Int64) -> Void, receive: (UnsafeRawBufferPointer) -> Void,
        between: () async throws -> Void
    ) async throws {
        do {
            try await UnpackedFile.read(path, isCompressed: isCompressed, advanced: advanced, receive: receive, between: between)
        } catch FileReadError.unreadable(let reason) {
            throw DomainSourceError.unreadable(file: path, reason: reason)
        } catch FileReadError.changing {
            throw DomainSourceError.changed(file: path)
        }
    }
}
