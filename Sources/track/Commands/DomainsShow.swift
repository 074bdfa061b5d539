import ArgumentParser
import TrackClient
import TrackCore

struct DomainsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a domain set's domains, and how small a change each of them can show.")

    @Argument(help: "The domain set's name; with @N its revision N. (default: the newest)")
    var name: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let (set, number) = try Self.reference(name)
        let (power, revisions) = try await context.withClient { client in
            (try await client.power(of: set, number: number), try await client.revisions(of: set))
        }
        try context.show(power, as: output) { power in
            let others = revisions.filter { $0.number != power.revision.number }
            return PowerText.revision(power, context.look) + (others.isEmpty ? "" : "\n\n" + DomainSetText.others(others))
        }
    }

    /// `NAME` or `NAME@3`.
    static func reference(_ text: String) throws -> (set: String, number: Int?) {
        guard let mark = text.lastIndex(of: "@") else { return (text, nil) }
        guard let number = Int(text[text.index(after: mark)...]), number >= 1 else {
            throw ValidationError("After the @ stands the number of a revision, for example \(text[..<mark])@1.")
        }
        return (String(text[..<mark]), number)
    }
}
