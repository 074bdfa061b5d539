import Testing

@testable import TrackCore
@testable import TrackReview

@Suite("Changes and weeks in words")
struct TextTests {
    @Test(
        "log ratios as per cent with three digits, and as a factor from a hundredfold on",
        arguments: [
            (0.0, "did not change", "0 %"), (0.000_01, "did not change", "0 %"), (0.004_987_5, "rose by 0.5 %", "+0.5 %"),
            (0.010_05, "rose by 1.01 %", "+1.01 %"), (-0.931_4, "fell by 60.6 %", "−60.6 %"), (1.147_4, "rose by 215 %", "+215 %"),
            (3.0, "rose by 1910 %", "+1910 %"), (7.115, "rose to 1230 times its value", "×1230"),
            (-0.000_2, "fell by 0.02 %", "−0.02 %"), (-20.0, "fell by more than 99.9 %", "below −99.9 %"),
            (50.0, "rose to 10^21 times its value", "×10^21"), (.infinity, "is not finite", "not finite"),
            (-.infinity, "is finite again", "finite again"), (0.693_147_180_6, "rose by 100 %", "+100 %"),
            (0.095_310_18, "rose by 10 %", "+10 %"),
        ])
    func percent(theta: Double, verb: String, signed: String) {
        #expect(PercentText.verb(theta) == verb)
        #expect(PercentText.signed(theta) == signed)
    }

    @Test("lists name the first few")
    func lists() {
        #expect(ListText.few([]) == "")
        #expect(ListText.few(["a"]) == "a")
        #expect(ListText.few(["a", "b"]) == "a and b")
        #expect(ListText.few(["a", "b", "c", "d"]) == "a, b, c and d")
        #expect(ListText.few(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more")
        #expect(ListText.count(1, "domain") == "1 domain")
        #expect(ListText.count(0, "domain") == "0 domains")
    }

    @Test("every day from 1960 to 2060 lies in the week that Python gives it")
    func weeks() throws {
        let firsts = try Reference.load().weeks
        var days = 0
        for year in 1960...2060 {
            let first = try #require(firsts["\(year)"])
            let next = try #require(firsts["\(year + 1)"])
            for day in first..<next {
                let week = ISOWeek(Timestamp(milliseconds: Int64(day) * 86_400_000))
                let expected = (day - first) / 7 + 1
                #expect(week.year == year && week.week == expected)
                #expect(ISOWeek(Timestamp(milliseconds: Int64(day) * 86_400_000 + 86_399_999)) == week)
                if (day - first) % 7 == 0 { #expect(ISOWeek(week.description) == week) }
                days += 1
            }
        }
        #expect(days > 36_800)
    }

    @Test("a week reads as it is written, and nothing else reads")
    func weekText() {
        #expect(ISOWeek("2026-W47")?.description == "2026-W47")
        #expect(ISOWeek("2026-W53")?.week == 53)
        for text in ["2026-W54", "2025-W53", "2026-W00", "2026-47", "2026-W7", "+026-W01", "2026-W+1", "", "2026-W47-1", "２026-W01"] {
            #expect(ISOWeek(text) == nil, "\(text)")
        }
        let before = ISOWeek("2025-W52")
        let after = ISOWeek("2026-W01")
        #expect(before.map { one in after.map { one < $0 } ?? false } == true)
    }
}
