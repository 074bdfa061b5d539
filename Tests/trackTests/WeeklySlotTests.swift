import Testing
import track

@Suite struct WeeklySlotTests {
    @Test(
        "days are read by their names, whole or short, in any case",
        arguments: [("Mon 06:00", 1, "06:00"), ("sunday 6:05", 7, "06:05"), ("WED 23:59", 3, "23:59"), ("thu  00:00", 4, "00:00")])
    func reading(_ text: String, _ day: Int, _ at: String) {
        #expect(WeeklySlot(text) == WeeklySlot(isoWeekday: day, at: at))
    }

    @Test(
        "what is no weekly time is refused",
        arguments: [
            "", "Mon", "06:00", "Mon 24:00", "Mon 06:60", "Mo 06:00", "Mon 06:0", "Mon 6", "Mon +6:00", "Mon 06:00 UTC", "Mon -1:00",
        ])
    func refusals(_ text: String) { #expect(WeeklySlot(text) == nil) }

    @Test("is written as it is read")
    func description() { #expect(WeeklySlot("Monday 6:00")?.description == "Mon 06:00") }
}
