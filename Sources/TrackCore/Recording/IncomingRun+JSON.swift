extension IncomingRun {
    /// Reads the wire form of a ``RecordRunRequest`` (see `EvaluationRun+Codable`).
    ///
    /// Members that no run has are refused, and not ignored as elsewhere: a run is recorded for ever, and `tokns` would be lost for ever.
    ///
    /// - Throws: ``Fault``
    package init(json bytes: UnsafeRawBufferPointer) throws {
        self = try JSONReader.read(bytes) { (reader) throws(JSONRefusal) in
            var run: Draft?
            var attempt: AttemptReference?
            let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
                switch key {
                case "run": run = try Draft(&reader)
                case "attempt": attempt = try reader.readNull() ? nil : AttemptReference(&reader)
                default: throw reader.unknown(key)
                }
            }
            let draft = try reader.required(run, "run", of: start)
            return IncomingRun(
                heading: draft.heading, attempt: attempt, names: draft.domains.names, columns: draft.domains.columns,
                isSound: draft.domains.isSound)
        }
    }

    /// UTF-8 bytes of what a program says: the reason of a failure, a list of installed packages.
    static let longText = 256 << 10

    private struct Draft {
        let heading: RunHeading
        let domains: IncomingDomains

        init(_ reader: inout JSONReader) throws(JSONRefusal) {
            var id: RunID?
            var checkpoint: CheckpointKey?
            var revision: Digest?
            var scoring: RunProtocol?
            var evaluator: String?
            var environment: [String: String] = [:]
            var effort: EvaluationEffort?
            var reason: RunReason?
            var evaluatedAt: Timestamp?
            var supersedes: RunID?
            var aggregation: Aggregation?
            var domains: IncomingDomains?
            let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
                switch key {
                case "id": id = try reader.readRunID()
                case "checkpoint": checkpoint = try CheckpointKey(&reader)
                case "revision": revision = try reader.readDigest()
                case "protocol": scoring = try RunProtocol(&reader)
                case "evaluator": evaluator = try reader.readString()
                case "environment":
                    guard try !reader.readNull() else { return }
                    try reader.readObject { (reader, key) throws(JSONRefusal) in
                        environment[key.string] = try reader.readString(limit: IncomingRun.longText)
                    }
                case "effort": effort = try reader.readNull() ? nil : EvaluationEffort(&reader)
                case "reason": reason = try reader.readChoice()
                case "evaluated_at":
                    evaluatedAt = try reader.read(
                        Timestamp.init, otherwise: "must be a time in ISO 8601, for example 2026-11-23T05:41:07.250Z")
                case "supersedes": supersedes = try reader.readNull() ? nil : reader.readRunID()
                case "aggregation": aggregation = try reader.readNull() ? nil : reader.readChoice()
                case "domains": domains = try IncomingDomains(&reader)
                default: throw reader.unknown(key)
                }
            }
            heading = RunHeading(
                id: try reader.required(id, "id", of: start), checkpoint: try reader.required(checkpoint, "checkpoint", of: start),
                revision: try reader.required(revision, "revision", of: start),
                scoring: try reader.required(scoring, "protocol", of: start),
                evaluator: try reader.required(evaluator, "evaluator", of: start), environment: environment, effort: effort,
                reason: try reader.required(reason, "reason", of: start),
                evaluatedAt: try reader.required(evaluatedAt, "evaluated_at", of: start), supersedes: supersedes)
            var found = try reader.required(domains, "domains", of: start)
            try found.settle(aggregation)
            self.domains = found
        }
    }
}

extension AttemptReference {
    fileprivate init(_ reader: inout JSONReader) throws(JSONRefusal) {
        var job: Int64?
        var fence: Int64?
        let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
            switch key {
            case "job": job = try reader.readInt64()
            case "fence": fence = try reader.readInt64()
            default: throw reader.unknown(key)
            }
        }
        self.init(job: try reader.required(job, "job", of: start), fence: try reader.required(fence, "fence", of: start))
    }
}

extension CheckpointKey {
    fileprivate init(_ reader: inout JSONReader) throws(JSONRefusal) {
        var lineage: String?
        var digest: Digest?
        let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
            switch key {
            case "lineage": lineage = try reader.readString()
            case "digest": digest = try reader.readDigest()
            default: throw reader.unknown(key)
            }
        }
        self.init(lineage: try reader.required(lineage, "lineage", of: start), digest: try reader.required(digest, "digest", of: start))
    }
}

extension ScoringProtocol {
    init(_ reader: inout JSONReader) throws(JSONRefusal) {
        var scoring: Scoring?
        var windows: Windows?
        var stride: Int64?
        var context: Int64?
        var prefix: Prefix?
        var dtype: DType?
        var rule: Int64?
        let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
            switch key {
            case "scoring": scoring = try reader.readChoice()
            case "windows": windows = try reader.readChoice()
            case "stride": stride = try reader.readNull() ? nil : reader.readInt64()
            case "context": context = try reader.readInt64()
            case "prefix": prefix = try reader.readChoice()
            case "dtype": dtype = try reader.readChoice()
            case "rule": rule = try reader.readInt64()
            default: throw reader.unknown(key)
            }
        }
        self.init(
            scoring: try reader.required(scoring, "scoring", of: start), windows: try reader.required(windows, "windows", of: start),
            stride: stride.map(Int.init), context: Int(try reader.required(context, "context", of: start)),
            prefix: try reader.required(prefix, "prefix", of: start), dtype: try reader.required(dtype, "dtype", of: start),
            rule: Int(try reader.required(rule, "rule", of: start)))
    }
}

extension EvaluationEffort {
    fileprivate init(_ reader: inout JSONReader) throws(JSONRefusal) {
        self.init()
        try reader.readObject { (reader, key) throws(JSONRefusal) in
            switch key {
            case "tokens": tokens = try reader.readNull() ? nil : reader.readInt64()
            case "seconds": seconds = try reader.readNull() ? nil : reader.readDouble()
            case "tokens_per_second": tokensPerSecond = try reader.readNull() ? nil : reader.readDouble()
            case "peak_memory_bytes": peakMemoryBytes = try reader.readNull() ? nil : reader.readInt64()
            case "noise": noise = try reader.readNull() ? nil : reader.readDouble()
            case "noise_tokens": noiseTokens = try reader.readNull() ? nil : reader.readInt64()
            case "resumed_domains": resumedDomains = try reader.readNull() ? nil : reader.readInt64()
            default: throw reader.unknown(key)
            }
        }
    }
}

extension JSONReader {
    fileprivate mutating func readDigest() throws(JSONRefusal) -> Digest {
        try read(Digest.init(_:), otherwise: "must be a digest: sha256: and 64 hexadecimal digits")
    }

    fileprivate mutating func readRunID() throws(JSONRefusal) -> RunID {
        try read(RunID.init(_:), otherwise: "must be the id of a run: a UUID of 36 characters")
    }

    mutating func readChoice<Choice: RawRepresentable<String>>() throws(JSONRefusal) -> Choice {
        try read(Choice.init(rawValue:), otherwise: "is none of the words that may stand here")
    }

    /// A member that must be there, of the object that began at `start`.
    func required<Value>(_ value: Value?, _ member: String, of start: Int) throws(JSONRefusal) -> Value {
        guard let value else { throw JSONRefusal(offset: start, member: member, reason: "is missing") }
        return value
    }

    func unknown(_ key: Text) -> JSONRefusal {
        JSONRefusal(offset: key.offset, member: key.string, reason: "is not known here, and what it says would be lost")
    }
}
