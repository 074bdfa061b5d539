import FoundationEssentials
import Glibc
import Logging
import Synchronization
import Testing
import TrackCore

@testable import TrackEvaluators
@testable import TrackWorker

/// What is left of an evaluation that was killed, with real files and a real process.
@Suite struct KeptDomainsTests {
    private static let program = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Programs/mortal_evaluator.py").path

    /// A job on four domains with the file of their documents, and an evaluator that can be killed in the middle.
    private final class House {
        let path: String
        let folder: WorkerFolder
        let host: EvaluatorHost
        let documents: String
        let bench: WorkerBench
        let domains: [EvaluationRequest.Domain]

        init() throws {
            bench = try WorkerBench()
            path = bench.path
            try FileManager.default.createDirectory(atPath: path + "/mortal", withIntermediateDirectories: true)
            folder = try WorkerFolder(path: path + "/worker", user: nil)
            let names = try ["a/a", "b/b", "c/c", "d/d"].map { try #require(DomainName($0)) }
            domains = zip([2, 1, 3, 2], names).enumerated().map { .init(index: $0, name: $1.1, documents: $1.0) }
            documents = path + "/documents.jsonl"
            let lines = try domains.flatMap { domain in
                try (0..<domain.documents).map {
                    try WireCoding.encode(DocumentLine(domain: domain.index, text: "text \($0) of \(domain.name)"))
                }
            }
            try lines.reduce(Data()) { $0 + $1 + Data("\n".utf8) }.write(to: URL(filePath: documents))
            let catalog = EvaluatorCatalog(
                commands: ["mortal": ["python3", KeptDomainsTests.program, path + "/mortal"]],
                environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], user: nil)
            host = EvaluatorHost(
                catalog: catalog, workFolder: folder.evaluators, noteFolder: folder.running, silenceLimit: .seconds(60))
            try put("one", in: "machine")
        }

        func put(_ text: String, in name: String) throws { try Data(text.utf8).write(to: URL(filePath: path + "/mortal/" + name)) }

        var asked: [String] {
            let text = (try? String(contentsOf: URL(filePath: path + "/mortal/asked"), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        func kept(job: Int64 = 1) -> KeptDomains {
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            return KeptDomains(job: bench.job(job), folder: folder, logger: logger)
        }

        /// One attempt at a job.
        func attempt(job: Int64 = 1) async throws -> EvaluationResult {
            let request = EvaluationRequest(
                id: "r", checkpoint: .init(path: "/c", digest: Digest(ofText: "c")), scoring: ScoringProtocol(), documents: documents,
                domains: domains)
            return try await host.evaluate(with: "mortal", request, memory: kept(job: job).memory(of: request, documents: documents)) { _ in
            }
        }

        func killed(after domains: Int, job: Int64 = 1) async throws {
            try put("\(domains)", in: "mortal-after")
            let failure = try #require(await #expect(throws: EvaluatorFailure.self) { try await self.attempt(job: job) })
            #expect(failure.cause == .ended(status: -SIGKILL))
        }
    }

    @Test(
        "an evaluator killed between any two domains: the next attempt asks for the rest, and the content is the same as without the kill",
        arguments: 0...4)
    func resumes(after domains: Int) async throws {
        let house = try House()
        let whole = try await house.attempt(job: 99)
        if domains < 4 {
            try await house.killed(after: domains)
        } else {
            // All domains were kept, and the attempt died before it could say so.
            _ = try await house.attempt()
        }
        let result = try await house.attempt()
        await house.host.stop()
        #expect(result.domains == whole.domains)
        #expect(result.environment == whole.environment)
        let rest = domains == 4 ? "3" : (domains..<4).map(String.init).joined(separator: " ")
        #expect(house.asked.last == rest)
        #expect(result.effort?.resumedDomains == (domains == 0 ? nil : Int64(min(domains, 3))))
    }

    @Test("killed twice, it goes on twice")
    func twice() async throws {
        let house = try House()
        let whole = try await house.attempt(job: 99)
        try await house.killed(after: 1)
        try await house.killed(after: 1)
        let result = try await house.attempt()
        await house.host.stop()
        #expect(result.domains == whole.domains)
        #expect(house.asked == ["0 1 2 3", "0 1 2 3", "1 2 3", "2 3"])
    }

    @Test("another machine, another job, or an attempt that was recorded: everything is measured anew")
    func startsOver() async throws {
        let house = try House()
        try await house.killed(after: 2)
        _ = try await house.attempt(job: 2)
        try house.put("two", in: "machine")
        await house.host.stop()
        _ = try await house.attempt()
        house.kept().forget()
        _ = try await house.attempt()
        await house.host.stop()
        #expect(house.asked == Array(repeating: "0 1 2 3", count: 4))
    }

    /// A file of three domains, and what was written.
    private func file(_ house: House) throws -> (heading: KeptHeading, lines: [[UInt8]], domains: [DomainMeasurement]) {
        let heading = KeptHeading(job: house.bench.job(), evaluator: "toy 1", environment: ["a_b": "ü", "aB": "x"])
        let measured = house.domains.prefix(3).map { domain in
            let n = domain.documents
            return DomainMeasurement(
                domain: domain.name,
                outcome: .measured(
                    DocumentScores(
                        nll: (0..<n).map { $0 == 1 ? .infinity : 0.1 + Double($0) / 3 }, tokens: Array(repeating: 2, count: n),
                        bytes: Array(repeating: 3, count: n), words: Array(repeating: 1, count: n), histogram: [])))
        }
        let lines = try [KeptLines.line(heading)] + measured.enumerated().map { try KeptLines.line(KeptDomain(index: $0, domain: $1)) }
        return (heading, lines, measured)
    }

    @Test("cut off anywhere, a file gives the domains whose lines are whole, and where the next may be written")
    func truncated() throws {
        let house = try House()
        let (heading, lines, measured) = try file(house)
        let whole = Data(lines.joined())
        let ends = lines.indices.map { lines[...$0].joined().count }
        for length in 0...whole.count {
            let read = KeptLines.read(whole.prefix(length), heading: heading, domains: house.domains)
            let complete = ends.count { $0 <= length }
            #expect(read.length == (complete == 0 ? 0 : ends[complete - 1]))
            #expect(read.domains.sorted { $0.key < $1.key }.map(\.value) == Array(measured.prefix(max(0, complete - 1))))
            #expect((read.note != nil) == (length != (complete == 0 ? 0 : ends[complete - 1])))
        }
    }

    @Test("a damaged byte ends what is believed")
    func damaged() throws {
        let house = try House()
        let (heading, lines, measured) = try file(house)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var bytes = Data(lines.joined())
            let place = Int.random(in: lines[0].count..<bytes.count, using: &random)
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let read = KeptLines.read(bytes, heading: heading, domains: house.domains)
            #expect(read.length <= place && read.note != nil)
            for (index, domain) in read.domains { #expect(domain == measured[index]) }
        }
    }

    @Test("what was measured for other documents is not taken")
    func otherDomains() throws {
        let house = try House()
        let (heading, lines, _) = try file(house)
        let longer = house.domains.map { EvaluationRequest.Domain(index: $0.index, name: $0.name, documents: $0.documents + 1) }
        #expect(KeptLines.read(Data(lines.joined()), heading: heading, domains: longer).domains.isEmpty)
        let other = KeptHeading(job: house.bench.job(), evaluator: "toy 2", environment: heading.environment)
        let read = KeptLines.read(Data(lines.joined()), heading: other, domains: house.domains)
        #expect(read.domains.isEmpty && read.length == 0 && read.note?.contains("anew") == true)
    }

    @Test("a heading is that of one evaluation: another checkpoint, revision, protocol, evaluator or environment is another one")
    func headings() throws {
        let bench = try WorkerBench()
        let other = Digest(ofText: "other")
        var jobs = [bench.job(), bench.job(), bench.job(), bench.job()]
        var description = bench.checkpoint.description
        description.digest = other
        jobs[1].checkpoint = Checkpoint(
            id: 2, lineage: "run", description: description, parent: nil, isBaseline: true, addedAt: WorkerBench.time)
        jobs[2].revision = DomainSetRevision(
            set: "heldout", number: 2, digest: other, kind: .documents, split: "val", seed: 7, createdAt: WorkerBench.time, domains: [])
        jobs[3].scoring = ScoringProtocol(context: 64)
        let headings = jobs.map { KeptHeading(job: $0, evaluator: "toy 1", environment: [:]) } + [
            KeptHeading(job: jobs[0], evaluator: "toy 2", environment: [:]),
            KeptHeading(job: jobs[0], evaluator: "toy 1", environment: ["machine": "two"]),
        ]
        #expect(Set(headings).count == 6)
    }

    @Test("a domain of another name, one that failed, and numbers that no run may have are not taken")
    func unfit() throws {
        let house = try House()
        let (heading, _, measured) = try file(house)
        var bad = measured
        bad[0] = DomainMeasurement(domain: measured[1].domain, outcome: measured[0].outcome)
        bad[1] = DomainMeasurement(domain: measured[1].domain, outcome: .failed(reason: "NaN"))
        guard case .measured(var scores) = measured[2].outcome else { return }
        scores.tokens[0] = 0
        bad[2] = DomainMeasurement(domain: measured[2].domain, outcome: .measured(scores))
        for (index, domain) in bad.enumerated() {
            let lines = try KeptLines.line(heading) + KeptLines.line(KeptDomain(index: index, domain: domain))
            #expect(KeptLines.read(Data(lines), heading: heading, domains: house.domains).domains.isEmpty)
            let sound = try KeptLines.line(heading) + KeptLines.line(KeptDomain(index: index, domain: measured[index]))
            #expect(KeptLines.read(Data(sound), heading: heading, domains: house.domains).domains == [index: measured[index]])
        }
    }

    /// What an evaluator greets with, as the house's own does.
    private static let hello = EvaluatorHello(contract: 1, evaluator: "toy", version: "1", environment: [:])

    private func remember(_ house: House) -> EvaluationMemory {
        let request = EvaluationRequest(
            id: "r", checkpoint: .init(path: "/c", digest: Digest(ofText: "c")), scoring: ScoringProtocol(), documents: house.documents,
            domains: house.domains)
        return house.kept().memory(of: request, documents: house.documents)
    }

    @Test("a failed domain is measured again, and the file is its owner's alone")
    func failed() throws {
        let house = try House()
        let (_, _, measured) = try file(house)
        let memory = remember(house)
        #expect(memory.recall(Self.hello).isEmpty)
        memory.keep(0, DomainMeasurement(domain: measured[0].domain, outcome: .failed(reason: "NaN")))
        memory.keep(1, measured[1])
        #expect(remember(house).recall(Self.hello) == [1: measured[1]])
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: house.folder.kept).first)
        let mode = try FileManager.default.attributesOfItem(atPath: "\(house.folder.kept)/\(name)")[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a file that is damaged in its middle is cut off there, and goes on with whole lines")
    func cut() throws {
        let house = try House()
        let (_, _, measured) = try file(house)
        let memory = remember(house)
        _ = memory.recall(Self.hello)
        for index in 0..<2 { memory.keep(index, measured[index]) }
        let path = house.folder.kept + "/job-1.jsonl"
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count - 5] ^= 1
        try bytes.write(to: URL(filePath: path))
        let second = remember(house)
        #expect(second.recall(Self.hello) == [0: measured[0]])
        let gone = try KeptLines.line(KeptDomain(index: 1, domain: measured[1])).count
        #expect(try Data(contentsOf: URL(filePath: path)) == bytes.dropLast(gone))
        second.keep(2, measured[2])
        #expect(remember(house).recall(Self.hello) == [0: measured[0], 2: measured[2]])
    }

    @Test("a link in the place of a file is neither followed nor written through")
    func links() throws {
        let house = try House()
        let (_, _, measured) = try file(house)
        let victim = house.path + "/victim"
        try Data("untouched".utf8).write(to: URL(filePath: victim))
        try FileManager.default.createSymbolicLink(atPath: house.folder.kept + "/job-1.jsonl", withDestinationPath: victim)
        let memory = remember(house)
        #expect(memory.recall(Self.hello).isEmpty)
        memory.keep(0, measured[0])
        try FileManager.default.createSymbolicLink(atPath: house.folder.documents + "/rest.jsonl", withDestinationPath: victim)
        let rest = try memory.documents([house.domains[1]])
        #expect(try Data(contentsOf: URL(filePath: victim)) == Data("untouched".utf8))
        #expect(try String(contentsOf: URL(filePath: rest), encoding: .utf8).split(separator: "\n").count == 1)
    }

    @Test(
        "the evaluator's group can read the rest of the documents, and not change it",
        .enabled("only root gives files to others", { geteuid() == 0 }))
    func mode() throws {
        let house = try House()
        let user = try #require(try RunAs.named("nobody"))
        let folder = try WorkerFolder(path: house.path + "/shared", user: user)
        let path = try RestOfDocuments(folder: folder).write([house.domains[0]], of: house.domains, from: house.documents)
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o640 && status.st_gid == user.gid)
    }

    enum End: CaseIterable { case recorded, failed, crashed, cancelled, lost }

    @Test("the file stays for the next attempt at the job, and goes when there will be none", arguments: End.allCases)
    func stays(after end: End) async throws {
        let bench = try WorkerBench()
        let file = bench.path + "/worker/kept/job-1.jsonl"
        try FileManager.default.createDirectory(atPath: bench.path + "/worker/kept", withIntermediateDirectories: true)
        try Data("kept".utf8).write(to: URL(filePath: file))
        bench.state.withLock {
            $0.jobs = [bench.job()]
            if end == .cancelled { $0.beats = [.cancel] }
            if end == .lost { $0.beats = [.lost] }
        }
        try await bench.work { request, _ in
            switch end {
            case .recorded: return bench.result(request)
            case .failed: throw EvaluatorFailure(.refused(.checkpointInvalid), "No.", retry: false)
            case .crashed: throw EvaluatorFailure(.silent, "x", retry: true)
            case .cancelled, .lost: return try await WorkerBench.forever()
            }
        } until: {
            $0.words.count { $0 == .claim } >= 2
        }
        #expect(FileManager.default.fileExists(atPath: file) == (end == .crashed || end == .lost))
    }

    @Test("files that nobody has asked for in a week are swept")
    func sweep() throws {
        let house = try House()
        for (name, age) in [("old", 8.0), ("young", 6.0)] {
            let path = house.folder.kept + "/" + name
            try Data().write(to: URL(filePath: path))
            let then = timespec(tv_sec: Int(WorkerBench.time.milliseconds / 1000) - Int(age * 86400), tv_nsec: 0)
            #expect(utimensat(AT_FDCWD, path, [then, then], 0) == 0)
        }
        KeptDomains.sweep(house.folder.kept, now: WorkerBench.time)
        #expect(try FileManager.default.contentsOfDirectory(atPath: house.folder.kept) == ["young"])
    }
}
