import FoundationEssentials
import SystemPackage
import Testing
import TrackCore
import TrackEvaluators

/// The same protocols on both sides of the contract.
@Suite struct ProtocolAgreementTests {
    private static let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Reference/protocols.py").path

    /// Every combination of words with good and bad numbers.
    private static let protocols: [ScoringProtocol] = ScoringProtocol.Windows.allCases.flatMap { windows in
        ScoringProtocol.Scoring.allCases.flatMap { scoring in
            zip(ScoringProtocol.Prefix.allCases + [.bosOrEos], ScoringProtocol.DType.allCases).flatMap { prefix, dtype in
                [nil, 0, 1, 64, 128, 129].flatMap { stride in
                    [-1, 0, 1, 2, 128].map {
                        ScoringProtocol(scoring: scoring, windows: windows, stride: stride, context: $0, prefix: prefix, dtype: dtype)
                    }
                }
            }
        }
    }

    @Test("the evaluator reads every sound protocol as it is meant, and refuses every other one")
    func agreement() async throws {
        let command = GuardedCommand(["python3", Self.program], environment: ["PATH": "/usr/bin:/bin"])
        _ = try await GuardedProcess.run(command) { process in
            for scoring in Self.protocols {
                try await process.write(Array(WireCoding.encode(scoring)) + [UInt8(ascii: "\n")])
                let line = Data(try #require(try await process.lines.next()))
                if scoring.faults.isEmpty {
                    #expect(try WireCoding.decode(ScoringProtocol.self, from: line) == scoring)
                } else {
                    #expect(String(decoding: line, as: UTF8.self).hasPrefix("refused: "), "\(scoring)")
                }
            }
        }
    }
}
