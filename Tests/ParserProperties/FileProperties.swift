import FoundationEssentials
import TrackCore
import TrackDaemon
import TrackEvaluators

extension ParserProperty {
    /// The JSON files of a checkpoint, which Python wrote: the bytes are, cut at NUL, config.json, tokenizer.json, tokenizer_config.json
    /// and trainer_state.json.
    static let checkpoint = ParserProperty(
        name: "checkpoint",
        seeds: { Sample.checkpointFiles },
        holds: { bytes in
            let files = bytes.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
            let names = ["config.json", "tokenizer.json", "tokenizer_config.json", "trainer_state.json"]
            return try ScratchFolder.with { folder in
                try folder.write(Sample.weights, "model.safetensors")
                for (name, content) in zip(names, files) { try folder.write(Array(content), name) }
                guard let found = try accepted({ try CheckpointFolder.read(path: folder.path) }) else { return false }
                let again = try CheckpointFolder.read(path: folder.path)
                try require(found == again, "two readings of one folder differ")
                try require((found.checkpoint.maximumContext ?? 1) > 0, "a context of \(found.checkpoint.maximumContext ?? 0)")
                try require((found.checkpoint.step ?? 0) >= 0, "a step of \(found.checkpoint.step ?? 0)")
                try require(found.lineage.map(Name.isValid) ?? true, "\(found.lineage ?? "") names no lineage")
                return true
            }
        })

    /// A file of held-out documents, as lines and as text.
    static let domains = ParserProperty(
        name: "domains",
        seeds: {
            let lines = [
                #"{"text": "Ein Text.", "subdomain": "a b"}"#, #"{"id": 1, "text": "zwei\u00fc\n😀"}"#,
                #"{"prompt": "a", "completion": "b"}"#,
            ]
            return [Array(lines.joined(separator: "\n").utf8), Array("A text.\r\n".utf8)]
        },
        holds: { bytes in
            try await ScratchFolder.with { folder in
                var isAccepted = false
                for name in ["set.jsonl", "set.txt"] {
                    try folder.write(bytes, name)
                    guard let source = try? DomainSource(path: folder.path + "/" + name),
                        let (index, report) = try? await DomainIndex.build(of: source)
                    else { continue }
                    isAccepted = true
                    let chosen = DomainSelection.select(index.domains, seed: 0, targets: nil)
                    let copy = try await ChosenDocuments.copy(chosen, of: index, split: "val", seed: 0, targets: nil, in: folder.path)
                    let lines = try copy.lines().map { try WireCoding.decode(DocumentLine.self, from: Data(try $0.get())) }
                    try require(lines.count == report.documents, "\(lines.count) lines of \(report.documents) documents")
                    try require(Set(lines.map(\.content.digest)).count == lines.count, "a document counts twice")
                    try require(lines.allSatisfy { $0.content.fault == nil }, "a document that the daemon refuses is kept")
                }
                return isAccepted
            }
        })

    /// The daemon's settings: a file, and after NUL the value of an environment variable for a number, a time and a choice.
    static let settings = ParserProperty(
        name: "settings",
        seeds: { Sample.settings.map { Array($0.utf8) } },
        holds: { bytes in
            let parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
            return try await ScratchFolder.with { folder in
                try folder.write(Array(bytes.prefix { $0 != 0 }), "trackd.json")
                var environment = ["HOME": "/root"]
                for (name, value) in zip(["TRACK_HTTP_PORT", "TRACK_JOBS_LEASE", "TRACK_SCORING_DTYPE"], parts.dropFirst()) {
                    environment[name] = value
                }
                do {
                    let read = try await DaemonConfiguration.load(
                        flags: [:], file: folder.path + "/trackd.json", environment: environment, uid: 0)
                    try require(read.beat * 2 <= read.lease, "a beat of \(read.beat) in a lease of \(read.lease)")
                    try require(read.listener.port.map { (0...65535).contains($0) } ?? true, "port \(read.listener.port ?? 0)")
                    try require(read.scoring.faults.isEmpty, "a context of \(read.scoring.context)")
                    try require(read.stateFolder.path.hasPrefix("/"), "the state folder \(read.stateFolder)")
                    return true
                } catch let fault as ConfigurationFault {
                    try require(!fault.sentences.isEmpty, "a refusal without words")
                    return false
                }
            }
        })
}
