import FoundationEssentials
import TrackCore

/// The forms in which others keep their results.
package enum ResultFormat: String, Sendable, CaseIterable {
    case csv
    case lmEval = "lm-eval"
    case olmoEval = "olmo-eval"
}

/// Reads files of results that were made elsewhere.
package enum ResultFiles {
    /// - Parameter paths: files, and for formats of several files also folders, whose files are read with those of the folders in them.
    /// - Throws: ``ResultFileError`` for a file of which nothing can be read. What cannot be taken of the others is named in the table.
    package static func read(
        _ paths: [String], format: ResultFormat, _ options: ResultOptions, limits: ResultLimits = ResultLimits(),
        progress: ReadingProgress = ReadingProgress()
    ) async throws -> ReportedTable {
        var table = ReportedTable()
        let places = try paths.flatMap { try expanded($0, format) }
        progress.begin(places)
        let files = try places.map { try ResultFile(at: $0, limits: limits, advanced: progress.advance) }
        switch format {
        case .csv: for file in files { try await CSVResults.read(file, options, into: &table) }
        case .lmEval: try await LMEvalResults.read(files, options, into: &table)
        case .olmoEval: try await OLMoEvalResults.read(files, options, into: &table)
        }
        return table
    }

    /// The files below a folder whose names the format knows, in the order of their names; a file is itself.
    private static func expanded(_ path: String, _ format: ResultFormat) throws -> [String] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ResultFileError.unreadable(file: path, reason: "there is no such file")
        }
        guard isFolder else { return [path] }
        let found = ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).filter { format.reads($0) }.sorted()
        guard !found.isEmpty else {
            throw ResultFileError.unreadable(file: path, reason: "it is a folder without files of \(format.rawValue)")
        }
        return found.map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
    }
}

extension ResultFormat {
    fileprivate func reads(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch self {
        case .csv: return name.hasSuffix(".csv") || name.hasSuffix(".tsv")
        case .lmEval:
            return name.hasPrefix("results") && name.hasSuffix(".json") || name.hasPrefix("samples_") && name.hasSuffix(".jsonl")
        case .olmoEval: return name.hasSuffix(".json") || name.hasSuffix(".jsonl") || name.hasSuffix(".jsonl.gz")
        }
    }
}
