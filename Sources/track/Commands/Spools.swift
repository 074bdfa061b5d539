import ArgumentParser

struct Spools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool", abstract: "Look after the records that this machine keeps for the daemon.",
        subcommands: [SpoolsStatus.self, SpoolsReplay.self, SpoolsRequeue.self])
}
