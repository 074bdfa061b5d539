import ArgumentParser
import TrackClient
import TrackCore

struct Jobs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at open evaluations.", subcommands: [JobsList.self, JobsCancel.self], defaultSubcommand: JobsList.self)
}

struct JobsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the queued and the running jobs.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let jobs = try await context.withClient { try await $0.openJobs() }
        try context.show(jobs, as: output) { JobText.table($0, context.look) }
    }
}

struct JobsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel a job; a running one stops at its next heartbeat.")

    @Argument(help: "The job's number.")
    var job: Int64

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let view = try await context.withClient { try await $0.cancelJob(job) }
        try context.show(view, as: output) { view in
            view.state.isOpen ? "Job \(view.id) will stop at its next heartbeat." : "Job \(view.id) is \(view.state.rawValue)."
        }
    }
}
