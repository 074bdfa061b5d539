import Foundation
import Testing
import TrackCore
import TrackReview

@testable import TrackScorecards

@Suite("Numbers on a page")
struct NumberTextTests {
    let thin = NumberText.thin

    @Test(
        "a change has three significant digits, a true minus and no sign on zero",
        arguments: [
            (0.0, "0 %"), (-0.0, "0 %"), (1e-9, "0 %"), (-1e-9, "0 %"), (-0.00004, "0 %"), (0.0004, "+0.04 %"), (-0.0004, "−0.04 %"),
            (0.005, "+0.50 %"), (0.1159, "+12.3 %"), (-0.9295, "−60.5 %"), (0.6931471805599453, "+100 %"),
            (-0.6931471805599453, "−50.0 %"),
            (1.591, "+391 %"), (4.6, "+9848 %"), (4.7, "×110"), (9.5, "×13 360"), (16.2, "×1.09·10⁷"), (800, "×2.73·10³⁴⁷"),
            (-20, "below −99.9 %"),
            (-7.5, "−99.9 %"), (Double.infinity, "∞ (not finite)"), (-Double.infinity, "−∞ (not finite)"), (Double.nan, "not a number"),
        ])
    func change(theta: Double, text: String) {
        #expect(ChangeText.of(theta).replacing(thin, with: " ") == text)
    }

    @Test("no change of any size is written as minus zero, and its sign is the sign of what is shown")
    func signs() {
        var theta = 1e-12
        while theta < 40 {
            for value in [theta, -theta] {
                let text = ChangeText.of(value)
                let digits = text.filter(\.isNumber)
                #expect(!text.hasPrefix("-"))
                if digits.allSatisfy({ $0 == "0" }) {
                    #expect(text == "0\(thin)%")
                } else {
                    #expect(text.hasPrefix("−") || text.hasPrefix("below −") ? value < 0 : value > 0)
                }
            }
            theta *= 1.07
        }
    }

    @Test("rounding agrees with a decimal computation to three significant digits")
    func rounding() {
        var value = 0.0501
        while value < 9e5 {
            let text = NumberText.significant(value, digits: 3, decimals: 2)
            let shown = Double(text.replacing(thin, with: "")) ?? .nan
            let step = max(0.01, pow(10, floor(log10(value)) - 2))
            #expect(abs(shown - value) <= max(step, 1) * 0.5 + 1e-9 || abs(shown - value) <= step * 0.5000001, "\(value) as \(text)")
            value *= 1.0137
        }
    }

    @Test(
        "bytes have decimal units and two or three digits",
        arguments: [
            (Int64(0), "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_940, "100 kB"), (999_400, "999 kB"), (999_600, "1.0 MB"),
            (1_312_000_000, "1.3 GB"), (139_000_000_000, "139 GB"), (Int64.max, "9 223 372 TB"),
        ])
    func bytes(value: Int64, text: String) {
        #expect(NumberText.bytes(value).replacing(thin, with: " ") == text)
    }

    @Test("what an evaluation cost is told in units, as far as it is known")
    func effort() {
        func text(_ effort: EvaluationEffort) -> String { EffortText.parts(effort).joined(separator: " · ").replacing(thin, with: " ") }
        #expect(
            text(EvaluationEffort(tokensPerSecond: 1204.4, peakMemoryBytes: 1_312_000_000, noise: 2.1e-7))
                == "1204 tokens/s · 1.3 GB at the peak · repeats itself to 2·10⁻⁷")
        #expect(text(EvaluationEffort(tokensPerSecond: 3.44, noise: 0)) == "3.4 tokens/s · repeats itself exactly")
        #expect(text(EvaluationEffort(noise: 0.0123, resumedDomains: 1)) == "repeats itself to 1.2 % · 1 domain of an attempt before")
        #expect(text(EvaluationEffort(noise: .infinity)) == "does not repeat itself")
        #expect(text(EvaluationEffort(noise: 9.6e-8)) == "repeats itself to 1·10⁻⁷")
        #expect(text(EvaluationEffort()) == "")
    }

    @Test("perplexities have four significant digits and infinity is said in words")
    func perplexity() {
        let texts = [79.3, 9.9996, 336.04, 99.996, 1234.4, 98_765.4, 2.5e7, .infinity].map { NumberText.perplexity($0) }
        #expect(texts == ["79.30", "10.00", "336.0", "100.0", "1234", "98\(thin)765", "2.50·10⁷", "∞ (not finite)"])
        #expect(NumberText.perplexity(nil) == "–")
        #expect(NumberText.perplexity(.nan) == "–")
    }

    @Test("shares, p-values, counts and chosen numbers")
    func others() {
        #expect(
            [0, 0.0001, 0.4567, 1].map { NumberText.share($0) } == [
                "0.0\(thin)%", "<\(thin)0.1\(thin)%", "45.7\(thin)%", "100.0\(thin)%",
            ])
        #expect(
            [0, 0.00099, 0.0134, 0.204, 0.57, 0.995].map { NumberText.p($0) } == [
                "<\(thin)0.001", "<\(thin)0.001", "0.013", "0.20", "0.57", "1",
            ])
        #expect([0, 9999, 12_345, -1_234_567].map { NumberText.count($0) } == ["0", "9999", "12\(thin)345", "−1\(thin)234\(thin)567"])
        #expect([0.05, 0.1, 2, 20, 0.005].map { NumberText.stated($0) } == ["0.05", "0.1", "2", "20", "0.005"])
        #expect(ChangeText.margin(log(1.005)) == "0.5\(thin)%")
        #expect(ChangeText.margin(-log(1.02)) == "2\(thin)%")
    }

    @Test("an interval shares its unit, unless an end is a factor or not finite")
    func intervals() {
        #expect(ChangeText.interval(.init(theta: 0.1, low: -0.01, high: 0.2)) == "−1.00 to +22.1\(thin)%")
        #expect(ChangeText.interval(.init(theta: 4.6, low: 4.5, high: 4.7)) == "+8902\(thin)% to ×110")
        #expect(ChangeText.interval(.init(theta: 1, low: 0.5, high: .infinity)) == "+64.9\(thin)% to ∞ (not finite)")
        #expect(ChangeText.interval(.init(theta: 1, low: nil, high: nil)) == nil)
    }
}
