import ArgumentParser
import FoundationEssentials
import TrackClient
import TrackCore

extension RefreshRequest.Keep: ExpressibleByArgument {}
extension TrainingOrder: ExpressibleByArgument {}

struct DomainsRefresh: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Take new documents into a domain set, now or at every weekly slot.",
        discussion: """
            The folder lies on the daemon's machine, and the command runs there, as the daemon's user. New documents make the set's next
            revision. At the slot after that the baseline of every lineage is evaluated on both revisions, so that their levels can be told
            apart. Example: track domains refresh heldout --from /data/fresh --every-slot
            """)

    @Argument(help: "The domain set's name.")
    var name: String

    @Option(name: .customLong("from"), help: "The folder that receives new documents, in a layout of `track domains add`.")
    var folder: String?

    @Option(
        help: "Documents that the set has: all stay and new ones join them; with none only what lies in the folder is in the next revision.")
    var keep = RefreshRequest.Keep.all

    @Flag(help: "Do so at every weekly slot on this set from now on.")
    var everySlot = false

    @Flag(help: "Do so at no slot any more.")
    var never = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard never != (folder != nil) else { throw ValidationError("Name the folder with --from, or end it with --never.") }
        guard !(never && everySlot) else { throw ValidationError("--every-slot and --never exclude each other.") }
    }

    func run() async throws {
        let context = try CommandContext()
        let path = folder.map { URL(filePath: $0).standardizedFileURL.path(percentEncoded: false) }
        let request = RefreshRequest(folder: path, keep: keep, when: never ? .never : everySlot ? .everySlot : .now)
        let answer = try await context.withClient { try await $0.refresh(name, request) }
        try context.show(answer, as: output) { answer in
            let made = answer.created
                ? ["\(answer.revision.label) is made, with \(NumberText.counted(answer.fresh, "new document"))."]
                : request.when == .now ? ["Nothing is new: \(answer.revision.label) stays the newest revision."] : []
            return (made + answer.notes + (answer.levelChanges ?? []).map(LevelChangeText.of)).joined(separator: "\n")
        }
    }
}
