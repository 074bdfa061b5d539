import ArgumentParser
import TrackClient

struct ScheduleList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the schedules with their next and last slots.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let schedules = try await context.withClient { try await $0.schedules() }
        try context.show(schedules, as: output) { ReviewText.schedules($0, context.look) }
    }
}
