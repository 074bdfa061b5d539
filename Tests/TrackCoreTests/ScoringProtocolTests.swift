import FoundationEssentials
import Testing
import TrackCore

@Suite struct ScoringProtocolTests {
    /// Every combination of words, with strides where they belong.
    static let all: [ScoringProtocol] = ScoringProtocol.Windows.allCases.flatMap { windows in
        ScoringProtocol.Scoring.allCases.flatMap { scoring in
            ScoringProtocol.Prefix.allCases.flatMap { prefix in
                ScoringProtocol.DType.allCases.flatMap { dtype in
                    [(0, 512), (2, 1), (1024, 1024), (1024, 512)].map { context, stride in
                        ScoringProtocol(
                            scoring: scoring, windows: windows, stride: windows == .strided ? stride : nil, context: context,
                            prefix: prefix, dtype: dtype)
                    }
                }
            }
        }
    }

    // From Python's hashlib over the canonical text. The first two are in databases since the first release.
    @Test(
        "a digest never changes",
        arguments: [
            (ScoringProtocol(), "b2ce5f7ca05a7c2dc8615bfbf4a2b7336e045788a6d15683a548a95d6f10f5c9"),
            (ScoringProtocol(context: 128, dtype: .bfloat16), "99fb906331b6accd7f43ccbeae4d0588a268fab764825f51f053e3e30ecb5b96"),
            (
                ScoringProtocol(scoring: .assistantTokens, windows: .strided, stride: 512, context: 1024, prefix: .tokenizer),
                "460c221acf19d43ef6efc788cd783c8298361efaf0b0095735cd8cf19a745913"
            ),
        ])
    func recorded(_ scoring: ScoringProtocol, _ hex: String) {
        #expect(scoring.digest.hex == hex)
    }

    @Test("every protocol survives its wire form, alone has its digest, and is told apart in words")
    func roundTrip() throws {
        for scoring in Self.all {
            #expect(try WireCoding.decode(ScoringProtocol.self, from: WireCoding.encode(scoring)) == scoring)
            #expect(scoring.faults.isEmpty)
        }
        let distinct = Set(Self.all)
        #expect(Set(distinct.map(\.digest)).count == distinct.count)
        #expect(Set(distinct.map(\.summary)).count == distinct.count)
    }

    @Test(
        "values that mean nothing together are named",
        arguments: [
            (ScoringProtocol(context: 1), "/context"), (ScoringProtocol(context: -5), "/context"),
            (ScoringProtocol(windows: .strided), "/stride"), (ScoringProtocol(windows: .strided, stride: 0), "/stride"),
            (ScoringProtocol(windows: .strided, stride: 129, context: 128), "/stride"), (ScoringProtocol(stride: 64), "/stride"),
            (ScoringProtocol(windows: .packed, stride: 64, context: 128), "/stride"),
        ])
    func faults(_ scoring: ScoringProtocol, _ field: String) {
        #expect(scoring.faults.map(\.field) == [field])
    }

    @Test("a choice takes what it leaves open from the standard, but a stride only with its windows")
    func choice() {
        let standard = ScoringProtocol(windows: .strided, stride: 512, context: 1024, dtype: .bfloat16)
        #expect(ProtocolChoice().completed(by: standard) == standard)
        #expect(
            ProtocolChoice(context: 2048).completed(by: standard)
                == ScoringProtocol(windows: .strided, stride: 512, context: 2048, dtype: .bfloat16))
        #expect(
            ProtocolChoice(windows: .packed).completed(by: standard) == ScoringProtocol(windows: .packed, context: 1024, dtype: .bfloat16))
        #expect(ProtocolChoice(stride: 64).completed(by: ScoringProtocol()).faults.map(\.field) == ["/stride"])
        let all = ScoringProtocol(scoring: .assistantTokens, windows: .strided, stride: 1, context: 4, prefix: .tokenizer, dtype: .float16)
        let choice = ProtocolChoice(
            scoring: .assistantTokens, windows: .strided, stride: 1, context: 4, prefix: .tokenizer, dtype: .float16)
        #expect(choice.completed(by: ScoringProtocol()) == all)
    }
}
