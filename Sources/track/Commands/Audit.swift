import ArgumentParser
import TrackClient

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show who changed what: tokens, schedules, domain sets, lineages, cancelled jobs. For administrators.",
        discussion: "The newest first.")

    @Option(help: "How many lines, at most 1000.")
    var limit = 50

    @Option(help: "Only lines older than the one of this number.")
    var before: Int64?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
    }

    func run() async throws {
        let context = try CommandContext()
        let entries = try await context.withClient { try await $0.audit(before: before, limit: limit) }
        try context.show(entries, as: output) { AuditText.table($0, context.look) }
    }
}
