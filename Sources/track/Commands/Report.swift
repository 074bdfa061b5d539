import ArgumentParser
import FoundationEssentials
import Glibc
import TrackClient
import TrackCore

struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publish the scorecards of a week now.",
        discussion: "Each is one static HTML file and its JSON twin. --out keeps a copy; a name that ends in .json gets the twin.")

    @Option(help: "Only this lineage's. (default: all)")
    var lineage: String?

    @Option(help: "An ISO week, for example 2026-W47. (default: the present one)")
    var week: String?

    @Option(name: .customLong("out"), help: "Write the scorecard to this file; with several lineages --lineage says whose.")
    var file: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let cards = try await context.withClient { client in
            let cards = try await client.publishScorecards(ReportRequest(lineage: lineage, week: week))
            if let file { try await copy(cards, to: file, client) }
            return cards
        }
        try context.show(cards, as: output) { ReviewText.scorecards($0) + (file.map { "\nCopied to \($0)." } ?? "") }
    }

    private func copy(_ cards: [ScorecardView], to file: String, _ client: DaemonClient) async throws {
        guard let card = cards.first, cards.count == 1 else {
            throw CommandFailure(
                cards.isEmpty
                    ? "There is no scorecard to copy." : "There are \(cards.count) scorecards: say whose to copy with --lineage.",
                status: cards.isEmpty ? .failed : .usage)
        }
        let bytes = try await client.scorecard(lineage: card.lineage, week: card.week, form: file.hasSuffix(".json") ? .json : .html)
        do {
            try bytes.write(to: URL(filePath: file), options: .atomic)
        } catch {
            let reason = (error as? CocoaError)?.underlying ?? "the folder must exist and be writable"
            throw CommandFailure("The scorecard could not be written to \(file): \(reason).")
        }
    }
}

extension CocoaError {
    /// The system's words for what is behind the error.
    fileprivate var underlying: String? {
        (userInfo["NSUnderlyingError"] as? POSIXError).map { SystemFailure("", code: $0.code.rawValue).reason }
    }
}
