import FoundationEssentials
package import TrackCore

/// Counts the tokens of documents with a checkpoint's own tokenizer, in a program of the Python that runs the evaluator.
package struct TokenCounter: Sendable {
    package let tokenizer: Digest
    private let folder: String
    private let catalog: EvaluatorCatalog

    /// - Parameter folder: with a `tokenizer.json`.
    /// - Throws: ``DomainSourceError``
    package init(folder: String, catalog: EvaluatorCatalog) throws {
        self.folder = FileManager.default.currentDirectoryPath.appendingPath(folder)
        self.catalog = catalog
        do {
            // Without that file the counting program could not read the tokenizer.
            _ = try FileReader.prefix(of: self.folder + "/tokenizer.json", count: 1)
            let digest = try TokenizerFingerprint.digest(in: self.folder) { [folder = self.folder] name in
                guard FileManager.default.fileExists(atPath: folder + "/" + name) else { return nil }
                return try FileReader.contents(of: folder + "/" + name, limit: TokenizerFingerprint.maximumFileSize)
            }
            guard let digest else { throw DomainSourceError.notCounted(reason: "\(folder) has no tokenizer") }
            tokenizer = digest
        } catch FileReadError.unreadable(let reason) {
            throw DomainSourceError.notCounted(reason: "\(folder)/tokenizer.json cannot be read: \(reason)")
        }
    }

    /// Reads the documents of the index again and puts their numbers of tokens into it: of a text without special tokens, of a conversation
    /// those of its contents.
    ///
    /// - Throws: ``DomainSourceError``
    package func count(_ index: inout DomainIndex, progress: @escaping @Sendable (_ documents: Int, _ of: Int) -> Void) async throws {
        var command = try catalog.command(named: EvaluatorCatalog.transformers, workingFolder: "/", noteFolder: nil)
        command.arguments += ["count-tokens", folder]
        // The end of its input is the last of the documents, not the end of its work.
        command.grace = .seconds(600)
        let source = index
        let total = index.domains.reduce(0) { $0 + $1.entries.count }
        let ended = try await GuardedProcess.run(command) { process in
            async let counts = Self.counts(process.lines)
            do {
                var sent = 0
                try await source.read(source.domains) { _, content in
                    try await process.write(Array(try WireCoding.encode(content)) + [UInt8(ascii: "\n")])
                    sent += 1
                    progress(sent, total)
                }
            } catch GuardedProcessError.inputClosed {
                // It has ended early; its own words say why.
            }
            await process.finishInput()
            return try await counts
        }
        guard ended.status == .exited(0), ended.value.count == total else {
            let words = ended.errorTail.split(separator: "\n").last.map(String.init) ?? "it ended with \(ended.status)"
            throw DomainSourceError.notCounted(reason: words)
        }
        for (reading, count) in zip(DomainIndex.readings(of: source.domains), ended.value) {
            index.domains[Int(reading.domain)].entries[Int(reading.position)].tokens = count
        }
    }

    /// A number a line.
    private static func counts(_ lines: OutputLines) async throws -> [UInt32] {
        var counts: [UInt32] = []
        for try await line in lines {
            guard let count = UInt32(String(decoding: line, as: UTF8.self)) else { return [] }
            counts.append(count)
        }
        return counts
    }
}
