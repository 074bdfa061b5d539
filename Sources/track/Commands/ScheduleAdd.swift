import ArgumentParser
import TrackClient
import TrackCore

struct ScheduleAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a weekly schedule, or change the one of this name.",
        discussion: "Example: track schedule add weekly --weekly \"Mon 06:00\" --timezone Europe/Berlin --domain-set heldout")

    @Argument(help: "The schedule's name.")
    var name: String

    @Option(name: .customLong("weekly"), help: "Day and wall-clock time, for example \"Mon 06:00\".", transform: ScheduleAdd.slot)
    var slot: WeeklySlot

    @Option(name: .customLong("timezone"), help: "UTC or an Area/City name of the tz database.")
    var timeZone = "UTC"

    @Option(help: "The domain set.")
    var domainSet: String

    @Option(name: .customLong("lineage"), parsing: .upToNextOption, help: "Only these lineages. (default: all)")
    var lineages: [String] = []

    @Flag(help: "Keep the schedule, but let its slots pass.")
    var paused = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let request = ScheduleRequest(
            name: name, timeZone: timeZone, isoWeekday: slot.isoWeekday, at: slot.at, domainSet: domainSet, lineages: lineages,
            enabled: !paused)
        let schedule = try await context.withClient { try await $0.addSchedule(request) }
        try context.show(schedule, as: output) { schedule in
            ReviewText.schedules([schedule], context.look)
        }
    }

    @Sendable
    private static func slot(_ text: String) throws -> WeeklySlot {
        guard let slot = WeeklySlot(text) else { throw ValidationError("write a day and a time, for example \"Mon 06:00\"") }
        return slot
    }
}
