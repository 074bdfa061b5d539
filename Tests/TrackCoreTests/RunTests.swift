import FoundationEssentials
import Testing
import TrackCore

@Suite struct RunTests {
    /// The example of the wire form, with everything that is easy to get wrong.
    private static let wire = """
        {"id": "0192f3a4-5b6c-7d8e-9fa0-b1c2d3e4f506",
         "checkpoint": {"lineage": "legal-tune", "digest": "sha256:9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"},
         "revision": "sha256:2b214ddf3326016519afcb268f63623b80b91a65265277668e4d020d87dd9078",
         "protocol": {"context": 128, "dtype": "bfloat16", "prefix": "bos-or-eos", "rule": 1, "scoring": "all-tokens",
                      "windows": "disjoint"},
         "evaluator": "transformers 0.1.0", "environment": {"gpu": "H\\"100\\\\", "a_b": "1\\n2", "aB": "ü"}, "reason": "added",
         "evaluated_at": "2026-11-23T05:41:07.250Z",
         "domains": [{"name": "legal/licences", "status": "ok",
                      "documents": {"nll": [512.25, "inf"], "tokens": [180, 77], "bytes": [731, 300], "words": [120, 51]}},
                     {"name": "code/python", "status": "failed", "reason": "NaN"}]}
        """

    private func run(_ text: String = wire) throws -> EvaluationRun { try WireCoding.decode(EvaluationRun.self, from: Data(text.utf8)) }

    @Test("the digest is the SHA-256 of what Python's json writes with sorted keys and no spaces")
    func digest() throws {
        var run = try run()
        #expect(run.digest.hex == "a98fa264e1ef6d1f8cc2de60fec046864c9752433974dae014259432b1f473d2")
        run.supersedes = RunID("0192f3a4-5b6c-7d8e-9fa0-b1c2d3e4f507")
        run.content = .summary(.documentWeighted, [DomainSummary(domain: try #require(DomainName("a/b")), meanNLL: 2.5, tokens: 7)])
        #expect(run.digest.hex == "9af1953dbe9a1cf24f5b37904ad6dc67c04d191adf664913542201c6d1bf7a43")
    }

    @Test("what a run cost is part of it where somebody said it, and changes nothing where nobody did")
    func effort() throws {
        var run = try run()
        run.effort = EvaluationEffort(
            tokens: 257, seconds: 7.1, tokensPerSecond: 36.2, peakMemoryBytes: 512, noise: 3.1e-9, noiseTokens: 77, resumedDomains: 1)
        #expect(try WireCoding.decode(EvaluationRun.self, from: WireCoding.encode(run)) == run)
        func changed(_ change: (inout EvaluationEffort) -> Void) -> Digest {
            var copy = run
            if var effort = copy.effort {
                change(&effort)
                copy.effort = effort
            }
            return copy.digest
        }
        let digests = [
            run.digest, changed { $0.tokens = 258 }, changed { $0.seconds = 7.2 }, changed { $0.tokensPerSecond = 36.3 },
            changed { $0.peakMemoryBytes = 513 }, changed { $0.noise = 3.2e-9 }, changed { $0.noiseTokens = 78 },
            changed { $0.resumedDomains = 2 }, changed { $0.resumedDomains = nil },
        ]
        #expect(Set(digests).count == digests.count)
        run.effort = nil
        #expect(try run.digest == self.run().digest)
    }

    @Test("a run survives its wire form, and its digest does not depend on the order of the domains or of the members")
    func roundTrip() throws {
        let run = try run()
        #expect(try WireCoding.decode(EvaluationRun.self, from: WireCoding.encode(run)) == run)
        #expect(run.environment.keys.sorted() == ["aB", "a_b", "gpu"])
        guard case .documents(let domains) = run.content else { throw Problem(.internal, "no documents") }
        var other = run
        other.content = .documents(domains.reversed())
        #expect(other.digest == run.digest)
        #expect(try WireCoding.decode(EvaluationRun.self, from: WireCoding.encode(other, pretty: true)).digest == run.digest)
    }

    @Test("every part of a run is part of its identity")
    func identity() throws {
        let run = try run()
        guard case .documents(let domains) = run.content, case .measured(let scores) = domains[0].outcome else {
            throw Problem(.internal, "no documents")
        }
        func changed(_ change: (inout EvaluationRun) -> Void) -> Digest {
            var copy = run
            change(&copy)
            return copy.digest
        }
        func scored(_ change: (inout DocumentScores) -> Void) -> Digest {
            var copy = scores
            change(&copy)
            return changed {
                $0.content = .documents([DomainMeasurement(domain: domains[0].domain, outcome: .measured(copy)), domains[1]])
            }
        }
        func scoring(_ change: (inout ScoringProtocol) -> Void) -> Digest {
            var copy = run.scoring.scoring ?? ScoringProtocol()
            change(&copy)
            return changed { $0.scoring = .scored(copy) }
        }
        let digests = [
            run.digest, changed { $0.id = RunID.make(at: run.evaluatedAt) }, changed { $0.checkpoint.lineage = "x" },
            changed { $0.checkpoint.digest = Digest(ofText: "") }, changed { $0.revision = Digest(ofText: "") },
            scoring { $0.context = 129 }, scoring { $0.dtype = .float32 }, scoring { $0.rule = 2 },
            changed { $0.scoring = .stated(StatedProtocol(statement: "as reported")) },
            changed { $0.evaluator = "" }, changed { $0.environment["x"] = "" }, changed { $0.reason = .manual },
            changed { $0.evaluatedAt = Timestamp(milliseconds: run.evaluatedAt.milliseconds + 1) }, changed { $0.supersedes = run.id },
            changed { $0.content = .documents([domains[0]]) },
            changed {
                $0.content = .documents([domains[0], DomainMeasurement(domain: domains[1].domain, outcome: .failed(reason: "x"))])
            },
            scored { $0.nll[0] = 512.25.nextUp }, scored { $0.nll[0] = -0.0 }, scored { $0.nll[0] = 0 }, scored { $0.tokens[0] += 1 },
            scored { $0.bytes[0] += 1 }, scored { $0.words[0] += 1 }, scored { $0.histogram = [1] },
        ]
        #expect(Set(digests).count == digests.count)
    }

    @Test("a revision's digest is over split, seed and the documents in their order, as an independent computation has it")
    func revisionDigest() throws {
        let licences = try #require(DomainName("legal/licences"))
        let python = try #require(DomainName("code/python"))
        func digest(_ seed: Int64, _ domains: [(DomainName, [String])]) -> Digest {
            DomainSetRevision.digest(
                kind: .documents, split: "test", seed: seed,
                domains: domains.map { (name: $0.0, documents: $0.1.map { Digest(ofText: $0) }) })
        }
        let whole = digest(7, [(licences, ["a", "b"]), (python, ["c"])])
        // hashlib over the same bytes
        #expect(whole.hex == "0e47ab3cf7f935031ffc6af7a168bb1f349b9bf58106f390009caf8ebff06692")
        #expect(whole != digest(8, [(licences, ["a", "b"]), (python, ["c"])]))
        #expect(whole != digest(7, [(licences, ["b", "a"]), (python, ["c"])]))
        #expect(whole != digest(7, [(licences, ["a"]), (python, ["b", "c"])]))
        #expect(whole != digest(7, [(python, ["c"]), (licences, ["a", "b"])]))
    }
}

@Suite struct RunFaultTests {
    private static let revision = DomainSetRevision(
        set: "s", number: 1, digest: Digest(ofText: "revision"), kind: .documents, split: "test", createdAt: Timestamp(milliseconds: 0),
        domains: ["a/a", "b/b"].map { DomainOfRevision(name: DomainName($0)!, documents: 2, bytes: 10, words: 2) })

    private func scores(_ change: (inout DocumentScores) -> Void = { _ in }) -> DomainMeasurement.Outcome {
        var scores = DocumentScores(nll: [1, 2], tokens: [3, 4], bytes: [5, 5], words: [1, 0], histogram: [])
        change(&scores)
        return .measured(scores)
    }

    private func run(_ domains: [(String, DomainMeasurement.Outcome)]) -> EvaluationRun {
        EvaluationRun(
            id: RunID.make(at: Timestamp(milliseconds: 0)), checkpoint: CheckpointKey(lineage: "l", digest: Digest(ofText: "c")),
            revision: Digest(ofText: "revision"), scoring: ScoringProtocol(), evaluator: "test 1", environment: [:], reason: .manual,
            evaluatedAt: Timestamp(milliseconds: 0),
            content: .documents(domains.map { DomainMeasurement(domain: DomainName($0.0)!, outcome: $0.1) }))
    }

    private func fields(_ run: EvaluationRun, against revision: DomainSetRevision = revision) -> [String] {
        run.faults(against: revision).map(\.field)
    }

    @Test("what an evaluation cannot have cost is named, and left out of an evaluator's word")
    func effort() {
        for bad in [
            EvaluationEffort(tokens: -1), EvaluationEffort(seconds: .nan), EvaluationEffort(seconds: .infinity),
            EvaluationEffort(noise: .nan),
            EvaluationEffort(noise: -1e-9), EvaluationEffort(peakMemoryBytes: -5), EvaluationEffort(tokensPerSecond: -.infinity),
        ] {
            var run = run([("a/a", scores())])
            run.effort = bad
            #expect(fields(run) == ["/effort"])
            #expect(bad.sound == EvaluationEffort())
        }
        var run = run([("a/a", scores())])
        run.effort = EvaluationEffort(tokens: 0, seconds: 0, noise: .infinity)
        #expect(fields(run).isEmpty)
    }

    @Test("a sound run has no faults: all domains, a part of them, the first documents, infinities, failures")
    func sound() {
        #expect(fields(run([("a/a", scores()), ("b/b", .failed(reason: "NaN"))])).isEmpty)
        #expect(fields(run([("b/b", scores { $0.nll[1] = .infinity })])).isEmpty)
        let first = DocumentScores(nll: [1], tokens: [3], bytes: [5], words: [1], histogram: [3] + [Int64](repeating: 0, count: 18))
        #expect(fields(run([("a/a", .measured(first))])).isEmpty)
    }

    @Test("each fault names its place")
    func places() {
        let cases: [((inout DocumentScores) -> Void, [String])] = [
            ({ $0.nll[1] = .nan }, ["/documents/nll/1"]), ({ $0.nll[0] = -0.5 }, ["/documents/nll/0"]),
            ({ $0.nll[0] = -.infinity }, ["/documents/nll/0"]), ({ $0.tokens[1] = 0 }, ["/documents/tokens/1"]),
            ({ $0.tokens[0] = 1 << 31 }, ["/documents/tokens/0"]), ({ $0.bytes[0] = 0 }, ["/documents/bytes/0"]),
            ({ $0.words[0] = -1 }, ["/documents/words/0"]), ({ $0.words.removeLast() }, ["/documents/words"]),
            ({ $0.histogram = [7] }, ["/histogram"]), ({ $0.histogram = [Int64](repeating: 1, count: 19) }, ["/histogram"]),
            // Counts whose sum wraps around to the tokens'.
            (
                {
                    $0.histogram = [.max, .max, 2 + $0.tokens.reduce(0, +)] + [Int64](repeating: 0, count: 16)
                }, ["/histogram"]
            ),
            ({ $0.nll.append(1) }, ["/documents/nll", "/documents/tokens", "/documents/bytes", "/documents/words"]),
            ({ $0 = DocumentScores(nll: [], tokens: [], bytes: [], words: [], histogram: []) }, ["/documents/nll"]),
        ]
        for (change, places) in cases {
            #expect(fields(run([("a/a", scores()), ("b/b", scores(change))])) == places.map { "/domains/1" + $0 })
        }
    }

    @Test("domains must belong to the revision and stand once; a failure must say why; a run must have something")
    func domains() {
        #expect(fields(run([("c/c", scores())])) == ["/domains/0/name"])
        #expect(fields(run([("a/a", scores()), ("a/a", scores())])) == ["/domains/1/name"])
        #expect(fields(run([("a/a", .failed(reason: ""))])) == ["/domains/0/reason"])
        #expect(fields(run([])) == ["/domains"])
        var other = run([("a/a", scores())])
        other.evaluator = ""
        other.scoring = .scored(ScoringProtocol(context: 1))
        other.revision = Digest(ofText: "other")
        #expect(fields(other) == ["/evaluator", "/protocol/context", "/revision"])
    }

    @Test("a text that the database cannot keep is named: NUL in a reason, an evaluator or the environment")
    func nul() {
        var run = run([("a/a", .failed(reason: "a\0b"))])
        run.evaluator = "x\0"
        run.environment = ["gpu": "\0", "ok": "fine"]
        #expect(fields(run) == ["/evaluator", "/environment/gpu", "/domains/0/reason"])
    }

    @Test("a summary's values are checked too, and a set without documents takes summaries only")
    func summaries() throws {
        var run = run([])
        let name = try #require(DomainName("a/a"))
        run.content = .summary(.tokenWeighted, [DomainSummary(domain: name, meanNLL: .nan, tokens: 0, bytes: 0)])
        #expect(fields(run) == ["/domains/0/mean_nll", "/domains/0/tokens", "/domains/0/bytes"])
        run.content = .summary(.tokenWeighted, [DomainSummary(domain: name, meanNLL: .infinity)])
        #expect(fields(run).isEmpty)
        let table = DomainSetRevision(
            set: "s", number: 1, digest: RunFaultTests.revision.digest, kind: .summary, split: "test",
            createdAt: Timestamp(milliseconds: 0),
            domains: RunFaultTests.revision.domains)
        #expect(fields(run, against: table).isEmpty)
        #expect(fields(self.run([("a/a", scores())]), against: table).first == "/domains")
    }

    @Test("at most ten faults are told")
    func limit() {
        let bad = scores {
            $0.nll = [.nan, .nan]; $0.tokens = [0, 0]; $0.bytes = [0, 0]; $0.words = [-1, -1]
        }
        let names = (0..<9).map { ("x/\($0)", bad) }
        #expect(run(names + [("a/a", bad), ("b/b", bad)]).faults(against: RunFaultTests.revision).count == 10)
    }
}

@Suite struct WireFaultTests {
    private func fault(_ text: String) -> Fault? {
        do {
            _ = try WireCoding.decode(RecordRunRequest.self, from: Data(text.utf8))
            return nil
        } catch {
            return WireCoding.fault(of: error)
        }
    }

    @Test("what cannot be read is named by its JSON pointer, as the person wrote it")
    func pointers() {
        let run =
            #"{"id":"0192f3a4-5b6c-7d8e-9fa0-b1c2d3e4f506","checkpoint":{"lineage":"l","digest":"sha256:\#(Digest(ofText: "").hex)"}"#
        #expect(fault(#"{"run":\#(run)}}"#) == Fault(field: "/run/revision", reason: "is missing"))
        #expect(fault(#"{"run":{"id":7}}"#) == Fault(field: "/run/id", reason: "must be a string"))
        #expect(fault(#"{"run":{"id":"7"}}"#)?.field == "/run/id")
        #expect(fault(#"{"run":null}"#)?.field == "/run")
        #expect(fault("{}") == Fault(field: "/run", reason: "is missing"))
        #expect(fault("{") == Fault(field: "", reason: "is not valid JSON"))
        #expect(fault("")?.field == "")
    }
}
