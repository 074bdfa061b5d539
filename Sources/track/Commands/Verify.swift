import ArgumentParser
import TrackClient
import TrackCore

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove that the daemon holds what this machine's spool holds.",
        discussion: """
            Every record that waits or was sent is read, its digest computed anew and compared with the daemon's. Copies of sent records \
            are kept for a limited time, so the answer names the window that it is about. Ends with 1 when a record is missing or differs.
            """)

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let spool = try context.spool()
        let progress = ProgressLine(context)
        let result = try await context.withClient { client in
            try await spool.verify(
                runs: { try await client.digests(of: $0) }, checkpoints: { try await Verify.checkpoints(of: $0, client) },
                progress: { progress.show("comparing \($0 + 1) of \($1)") })
        }
        progress.clear()
        try context.show(result, as: output) { SpoolText.verification($0, context.look) }
        guard result.isSound else {
            throw CommandFailure("\(NumberText.counted(result.faults.count, "record")) not in the database as they are here; see above.")
        }
    }

    private static func checkpoints(of lineage: String, _ client: DaemonClient) async throws -> Set<Digest> {
        do {
            return Set(try await client.checkpoints(lineage: lineage).map(\.checkpoint.description.digest))
        } catch let problem as Problem where problem.type == .notFound {
            return []
        }
    }
}
