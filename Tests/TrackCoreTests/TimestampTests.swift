import FoundationEssentials
import Testing
import TrackCore

@Suite struct TimestampTests {
    @Test("every millisecond survives its text")
    func roundTrip() {
        var generator = SystemRandomNumberGenerator()
        let some = (0..<20_000).map { _ in Int64.random(in: -62_000_000_000_000...250_000_000_000_000, using: &generator) }
        for milliseconds in Array(1_795_000_000_000...1_795_000_001_100) + [-1, -999, -1000, -1001, 0, 1] + some {
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test("Foundation writes and reads every day and the ends of years in the same form")
    func library() throws {
        let days = (0...13_000).map { Int64($0) * 86_400 } + [951_782_400, 4_107_542_400, 253_402_300_799, 13_569_465_600]
        for second in days.flatMap({ [$0, $0 + 86_399] }) where second < 253_402_300_800 {
            let whole = Date(timeIntervalSince1970: Double(second)).formatted(Date.ISO8601FormatStyle())
            let text = whole.dropLast() + ".007Z"
            #expect(Timestamp(milliseconds: second * 1000 + 7).description == text)
            #expect(Timestamp(String(text))?.milliseconds == second * 1000 + 7)
        }
    }

    @Test(
        "texts mean the milliseconds that they say",
        arguments: [
            ("2026-11-23T05:41:07.250Z", 1_795_412_467_250), ("2026-11-23T05:41:07Z", 1_795_412_467_000),
            ("2026-11-23T06:41:07.25+01:00", 1_795_412_467_250), ("2026-11-23T05:41:07.123456Z", 1_795_412_467_123),
            ("1970-01-01T00:00:00.001Z", 1), ("1969-12-31T23:59:59.999Z", -1),
        ] as [(String, Int64)])
    func reading(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026-11-23", "2026-11-23T05:41:07.Z", "2026-11-23T05:41:07.2x5Z", "now", "20261-1-18T11:06:40.123Z",
            "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.9999Z", "2026-13-01T00:00:00.000Z", "2026-01-01T00:00:00.000X",
        ])
    func refusals(_ text: String) { #expect(Timestamp(text) == nil) }
}
