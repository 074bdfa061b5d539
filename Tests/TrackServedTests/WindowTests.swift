import FoundationEssentials
import Subprocess
import Testing

@testable import TrackServed

@Suite struct WindowTests {
    private struct Line: Decodable {
        /// Predictions, context and stride; a stride of 0 is the disjoint rule.
        let `case`: [Int]
        let windows: [[Int]]
    }

    /// Against python/'s own function, so that both evaluators cut alike.
    @Test("windows are those of the Python evaluator, for thousands of lengths")
    func agreesWithPython() async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Reference/windows.py").path
        let result = try await Subprocess.run(
            .name("python3"), arguments: [script], output: .string(limit: 64 << 20), error: .string(limit: 1 << 16))
        let lines = result.standardOutput.split(separator: "\n")
        #expect(lines.count > 1500, "\(result.standardError)")
        for line in lines {
            let expected = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            let (predictions, context, stride) = (expected.case[0], expected.case[1], expected.case[2])
            let windows = stride == 0
                ? Window.disjoint(predictions: predictions, context: context)
                : Window.strided(predictions: predictions, context: context, stride: stride)
            #expect(windows.map { [$0.start, $0.stop, $0.scored] } == expected.windows, "\(expected.case)")
        }
    }

    @Test("packing leaves the prefix of every document but the first unscored")
    func packed() {
        let packed = TokenSequence.packed([TokenSequence(prefix: 0, tokens: [5, 6]), TokenSequence(prefix: 0, tokens: [7])])
        #expect(packed.ids == [0, 5, 6, 0, 7])
        #expect(packed.counted == [true, true, false, true])
    }
}
