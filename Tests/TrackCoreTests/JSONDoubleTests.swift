import FoundationEssentials
import Testing
import TrackCore

@Suite struct JSONDoubleTests {
    /// More in a run of its own: `TRACK_JSON_DOUBLES=5000000 swift test --filter JSONDoubleTests`.
    private static let count = ProcessInfo.processInfo.environment["TRACK_JSON_DOUBLES"].flatMap { Int($0) } ?? 20_000

    private func double(_ text: String) -> Double? {
        var text = text
        return text.withUTF8 { units in
            try? JSONReader.read(UnsafeRawBufferPointer(units)) { (reader) throws(JSONRefusal) in try reader.readDouble() }
        }
    }

    /// Swift's own reader is the reference; where it overflows or underflows, ours refuses.
    private func agrees(_ text: String) -> Bool {
        let expected = Double(text)!
        let isNothing = !text.prefix { $0 != "e" }.contains { ("1"..."9").contains($0) }
        guard expected.isFinite, expected != 0 || isNothing else { return double(text) == nil }
        return double(text)?.bitPattern == expected.bitPattern
    }

    @Test("the shortest form of any double reads back as that double")
    func shortest() {
        var random = SeededRandom(31)
        for _ in 0..<Self.count {
            let value = Double(bitPattern: random.next())
            if value.isFinite { #expect(agrees(value.description)) }
        }
    }

    @Test("any digits with any exponent round as Swift's own reader rounds them")
    func digits() {
        var random = SeededRandom(32)
        for _ in 0..<Self.count {
            let digits = String((0..<Int.random(in: 1...22, using: &random)).map { _ in "0123456789".randomElement(using: &random)! })
            let trimmed = String(digits.drop { $0 == "0" })
            let whole = trimmed.isEmpty ? "0" : trimmed
            let point = Int.random(in: 1...whole.count, using: &random)
            var text = String(whole.prefix(point))
            if point < whole.count { text += "." + whole.dropFirst(point) }
            if Bool.random(using: &random) { text += "e\(Int.random(in: -40...40, using: &random))" }
            #expect(agrees(text), "\(text)")
            #expect(agrees("-" + text), "-\(text)")
        }
    }

    @Test("halfway between two doubles the even one is taken, and one digit more or less decides otherwise")
    func ties() {
        var random = SeededRandom(33)
        for _ in 0..<Self.count / 4 {
            // Odd and of 54 bits: exactly between two doubles. Divided by a power of two it has a decimal form of up to 19 digits.
            let middle = (UInt64(1) << 53 | random.next() >> 11) | 1
            for text in ["\(middle)", "\(middle - 1).999", "\(middle).001", "\(middle / 10).\(middle % 10)", "\(middle)e3", "\(middle)e19"]
            {
                #expect(agrees(text), "\(text)")
            }
        }
        for text in ["9007199254740993", "9007199254740993e0", "900719925474099.3e1", "0.5", "18446744073709551615", "1e19", "1e-19",
            "9999999999999999999e19", "9999999999999999999e-19", "2.2250738585072011e-308", "5e-324", "2.4703282292062327e-324",
            "2.4703282292062328e-324", "1.7976931348623158e308", "1.7976931348623159e308"] {
            #expect(agrees(text), "\(text)")
        }
    }
}
