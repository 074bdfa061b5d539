import FoundationEssentials
import Testing
import TrackCore

@testable import TrackEvaluators

/// The checker itself: the example of the contract's own page keeps every rule, and each breakage is named.
@Suite struct ConformanceTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/evaluator-contract.md")

    /// The Python program that docs/evaluator-contract.md prints.
    private static func example() throws -> String {
        let text = String(decoding: try Data(contentsOf: page), as: UTF8.self)
        let begin = try #require(text.firstRange(of: "```python\n"))
        let end = try #require(text[begin.upperBound...].firstRange(of: "```"))
        return String(text[begin.upperBound..<end.lowerBound])
    }

    /// Checks the example after a change of its text.
    private func check(_ change: (String) -> String = { $0 }) async throws -> [ConformanceRule: String?] {
        let folder = try TemporaryFolder()
        let original = try Self.example()
        let program = try folder.write("example.py", change(original))
        try folder.write("checkpoint/corpus.txt", "Some text that the model was trained on: a little of everything, 0123456789.\n")
        let conformance = Conformance(
            checkpoint: .init(path: folder.path + "/checkpoint", digest: Digest(ofText: "corpus")), scoring: ScoringProtocol(),
            folder: folder.path, silence: .seconds(20)
        ) {
            GuardedCommand(["python3", program], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], grace: .seconds(5))
        }
        let findings = try await conformance.run { _ in }
        #expect(Set(findings.map(\.rule)) == Set(ConformanceRule.allCases) && findings.count == ConformanceRule.allCases.count)
        return Dictionary(uniqueKeysWithValues: findings.map { ($0.rule, $0.detail) })
    }

    @Test("the example of the contract's page keeps every rule")
    func example() async throws {
        let findings = try await check()
        #expect(findings.values.allSatisfy { $0 == nil }, "\(findings.filter { $0.value != nil })")
    }

    @Test(
        "a breakage is found and named",
        arguments: [
            (ConformanceRule.counts, #"len(re.split(r"\s+", text))"#, "len(text.split())"),
            (.counts, "[len(text.encode())", "[len(text)"),
            (.repeats, "[-math.log(", "[__import__('random').random() - math.log("),
            (.alone, "sum(each) for each in nll", "sum(each) * (1 + index) for index, each in enumerate(nll)"),
            (.emptyDomain, "has no documents", "is empty: {1 / len(texts)}"),
            (.emptyDocument, "not all(texts) or not texts", "not texts"),
            (.unknownValue, "or protocol != KNOWN", "or set(protocol) != set(KNOWN)"),
            (.unknownKey, "or protocol != KNOWN", "or not KNOWN.items() <= protocol.items()"),
            (.missingKey, "or protocol != KNOWN", "or any(value != KNOWN.get(key) for key, value in protocol.items())"),
            (.noCheckpoint, "checkpoint_unreadable", "internal"),
            (.noDocuments, #"with open(documents, "rb") as lines:"#, "for lines in [iter(['{\"text\": \"a\"}'] * 99)]:"),
            (.noRequest, #"code="internal""#, #"code="protocol_unsupported""#),
            (.goesOn, #"say(type="done", id=id)"#, #"say(type="done", id=id + "!" * (id == "again"))"#),
            (.manyDomains, "for domain in domains", "for domain in domains[:99]"),
            (.hello, "contract=1", "contract=2"),
            (.measures, "[sum(each)", "[-sum(each)"),
            (.ends, "os._exit(0)", "os._exit(1)"),
            (.endsBusy, "os._exit(0)", "threading.Event().wait()"),
        ])
    func breakage(_ rule: ConformanceRule, _ text: String, _ other: String) async throws {
        let original = try Self.example()
        #expect(original.contains(text), "the example has changed")
        let findings = try await check { $0.replacing(text, with: other) }
        #expect(findings[rule] != .some(nil), "\(findings)")
    }
}
