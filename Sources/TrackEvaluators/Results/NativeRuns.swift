import FoundationEssentials
package import TrackCore

/// Runs in track's own wire form: one JSON value, or one a line; each the run itself or the body of `POST /v1/runs`.
package enum NativeRuns {
    /// - Throws: ``ResultFileError`` for a file that cannot be read. A line that is no run is skipped and named.
    package static func read(
        _ paths: [String], limit: Int64 = 1 << 30
    ) async throws -> (runs: [EvaluationRun], skipped: [SkippedResult]) {
        var runs: [EvaluationRun] = []
        var skipped: [SkippedResult] = []
        for path in paths {
            let content = try await ResultFile(reading: path, limit: limit).content
            if case .success(let run) = run(from: content[...]) {
                runs.append(run)
                continue
            }
            for (index, line) in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
                guard line.contains(where: { $0 > 0x20 }) else { continue }
                switch run(from: line) {
                case .success(let run): runs.append(run)
                case .failure(let fault):
                    skipped.append(SkippedResult(place: "\(path):\(index + 1)", field: fault.field, reason: fault.reason))
                }
            }
        }
        return (runs, skipped)
    }

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
