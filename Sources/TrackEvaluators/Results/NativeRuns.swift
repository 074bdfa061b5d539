import FoundationEssentials
package import TrackCore

/// Runs in track's own wire form: one JSON value, or one a line; each the run itself or the body of `POST /v1/runs`.
package enum NativeRuns {
    /// Calls `take` with every run, of which one is in memory at a time, and `skip` with every line that is none.
    ///
    /// - Throws: ``ResultFileError`` for a file that cannot be read; all are looked for before the first is. What `take` throws.
    package static func read(
        _ paths: [String], limits: ResultLimits = ResultLimits(), progress: ReadingProgress = ReadingProgress(),
        skip: (SkippedResult) -> Void, take: (EvaluationRun) throws -> Void
    ) async throws {
        progress.begin(paths)
        for file in try paths.map({ try ResultFile(at: $0, limits: limits, advanced: progress.advance) }) {
            try await read(file, skip: skip, take: take)
        }
    }

    private static func read(
        _ file: ResultFile, skip: (SkippedResult) -> Void, take takeRun: (EvaluationRun) throws -> Void
    ) async throws {
        func take(_ text: Result<[UInt8], Fault>, at place: String) throws {
            switch text.flatMap({ run(from: $0[...]) }) {
            case .success(let run): try takeRun(run)
            case .failure(let fault): skip(SkippedResult(place: place, field: fault.field, reason: fault.reason))
            }
        }
        var isFirst = true
        do {
            try await file.eachLine { number, line in
                // A value over several lines begins with a line that is none.
                if isFirst, case .success(let bytes) = line, !isValue(bytes) { throw NoLines() }
                isFirst = false
                try take(line, at: "\(file.path):\(number)")
            }
        } catch is NoLines {
            let content = try await file.whole()
            if isValue(content) { return try take(.success(content), at: file.path) }
            try await file.eachLine { number, line in try take(line, at: "\(file.path):\(number)") }
        }
    }

    private struct NoLines: Error {}

    private static func isValue(_ text: [UInt8]) -> Bool { (try? text.withUnsafeBytes { try JSONTree(json: $0) }) != nil }

    /// By the daemon's own strict rules, so that what would be refused there is named here with its line.
    private static func run(from text: ArraySlice<UInt8>) -> Result<EvaluationRun, Fault> {
        do {
            let isRequest = (try text.withUnsafeBytes { try JSONTree(json: $0) })["run"] != nil
            let request = isRequest ? Array(text) : Array(#"{"run":"#.utf8) + text + Array("}".utf8)
            try request.withUnsafeBytes { _ = try IncomingRun(json: $0) }
            let found = try WireCoding.decode(RecordRunRequest.self, from: Data(request))
            guard found.attempt == nil else {
                return .failure(Fault(field: "/attempt", reason: "answers a claim, and only the worker that has it may send it"))
            }
            return .success(found.run)
        } catch let fault as Fault {
            return .failure(fault)
        } catch {
            return .failure(WireCoding.fault(of: error))
        }
    }
}
