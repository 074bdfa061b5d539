import FoundationEssentials
import Subprocess
import SystemPackage
import TrackCore

/// Reads the documents of one file.
enum DomainFileReader {
    /// A document, or the bytes that are none.
    enum Found {
        case document(HeldOutDocument)
        case skipped(DomainSourceReport.Reason)
    }

    /// Where gzip lies on every Debian and macOS.
    static let gzip = "/usr/bin/gzip"

    static func read(
        _ file: PlannedFile, at path: String, limits: DomainReadLimits, visit: (Found, _ place: String) async throws -> Void
    ) async throws {
        switch file.form {
        case .text:
            let data: Data
            do {
                data = try reporting(path) { try FileReader.contents(of: path, limit: limits.documentBytes) }
            } catch FileReadError.tooLarge {
                return try await visit(.skipped(.tooLong), path)
            }
            guard let text = String(validating: data, as: UTF8.self) else { return try await visit(.skipped(.invalidText), path) }
            try await visit(.document(HeldOutDocument(domain: file.domain, text: text)), path)
        case .lines:
            var lines = NumberedLines(path: path, limits: limits)
            _ = try reporting(path) { try FileReader.read(path) { try lines.append($0) } }
            for (line, number) in lines.finish() { try await found(line, number, file, path, visit) }
        case .compressedLines:
            for (line, number) in try await decompressed(path, limits: limits) { try await found(line, number, file, path, visit) }
        }
    }

    private static func decompressed(_ path: String, limits: DomainReadLimits) async throws -> [NumberedLines.Line] {
        _ = try reporting(path) { try FileReader.prefix(of: path, count: 1) }
        guard FileManager.default.isExecutableFile(atPath: gzip) else {
            throw DomainSourceError.unreadable(
                file: path, reason: "it is compressed and there is no \(gzip); install gzip or unpack the file")
        }
        let result = try await Subprocess.run(
            .path(FilePath(gzip)), arguments: ["-dc", "--", path], environment: .custom([:]), input: .none, output: .sequence,
            error: .string(limit: 4096)
        ) { execution in
            var lines = NumberedLines(path: path, limits: limits)
            for try await buffer in execution.standardOutput { try buffer.withUnsafeBytes { try lines.append($0) } }
            return lines.finish()
        }
        guard result.terminationStatus.isSuccess else {
            throw DomainSourceError.unreadable(file: path, reason: "it is not valid gzip, or it ends early; copy it again")
        }
        return result.closureResult
    }

    private static func found(
        _ line: [UInt8], _ number: Int, _ file: PlannedFile, _ path: String, _ visit: (Found, _ place: String) async throws -> Void
    ) async throws {
        guard line.contains(where: { $0 > 0x20 }) else { return }
        let place = "\(path):\(number)"
        guard String(validating: line, as: UTF8.self) != nil else { return try await visit(.skipped(.invalidText), place) }
        let parsed: SourceLine
        do {
            parsed = try JSONDecoder().decode(SourceLine.self, from: Data(line))
        } catch {
            throw DomainSourceError.invalidLine(place: place, reason: "is not a JSON object with text, messages, or prompt and completion")
        }
        let domain =
            if file.readsSubdomain, let subdomain = parsed.subdomain {
                try DomainLayout.name(file.domain.source, subdomain)
            } else { file.domain }
        try await visit(.document(HeldOutDocument(domain: domain, content: parsed.content)), place)
    }

    private static func reporting<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch FileReadError.unreadable(let reason) {
            throw DomainSourceError.unreadable(file: path, reason: reason)
        } catch FileReadError.changing {
            throw DomainSourceError.unreadable(file: path, reason: "it changed while it was read; try again when its writer has finished")
        }
    }
}

/// The lines of a file with their numbers, from 1. The last one needs no line feed.
private struct NumberedLines {
    typealias Line = (bytes: [UInt8], number: Int)

    private let path: String
    private let limits: DomainReadLimits
    private var splitter = LineSplitter()
    private var lines: [Line] = []
    private var total: Int64 = 0

    init(path: String, limits: DomainReadLimits) {
        self.path = path
        self.limits = limits
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        total += Int64(bytes.count)
        // Around a text stand the other fields of its line; a small file that unpacks to much more than any set is refused on the way.
        guard total / 4 <= limits.setBytes else { throw DomainSourceError.tooLarge(limit: limits.setBytes) }
        splitter.append(bytes)
        while let line = splitter.next() {
            guard Int64(line.count) <= limits.lineBytes else { throw tooLong }
            lines.append((line, lines.count + 1))
        }
        guard Int64(splitter.pending) <= limits.lineBytes else { throw tooLong }
    }

    mutating func finish() -> [Line] {
        guard splitter.pending > 0 else { return lines }
        splitter.append([UInt8(ascii: "\n")])
        while let line = splitter.next() { lines.append((line, lines.count + 1)) }
        return lines
    }

    private var tooLong: DomainSourceError {
        .invalidLine(place: "\(path):\(lines.count + 1)", reason: "has more than \(limits.lineBytes) bytes; cut the document")
    }
}
