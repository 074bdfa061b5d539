import ArgumentParser

struct Schedules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Re-evaluate every week.", subcommands: [ScheduleAdd.self, ScheduleList.self])
}
