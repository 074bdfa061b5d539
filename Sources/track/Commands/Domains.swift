import ArgumentParser

struct Domains: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make and show domain sets: the held-out text.",
        subcommands: [DomainsAdd.self, DomainsDecontaminate.self, DomainsRefresh.self, DomainsList.self, DomainsShow.self])
}
