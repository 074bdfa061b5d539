import ArgumentParser
import TrackDaemon
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, list and revoke tokens for people and programs that reach the daemon over TCP.",
        discussion: "They are kept in the database of the daemon, which must be running.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token. It is printed once, alone on standard output.",
            discussion: """
                reader     looks at everything
                submitter  also adds checkpoints, domain sets and runs, asks for evaluations, publishes scorecards
                worker     claims jobs and reports on them, and nothing else
                admin      everything

                Example: (umask 077; trackd token create --name gpu-3 --role worker --expires 90d > gpu-3.token)
                """)

        @Option(help: "Who will hold it.")
        var name: String

        @Option(help: "\(Daemon.roles.joined(separator: ", ")).")
        var role: String

        @Option(help: "How long it is good, for example 90d or 12h. (default: until it is revoked)")
        var expires: String?

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let (token, note) = try await Daemon.createToken(try await options.load(), name: name, role: role, lifetime: expires)
            print(token)
            _ = (note + "\n").withCString { write(STDERR_FILENO, $0, strlen($0)) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tokens, without their secrets.")

        @Flag(help: "Print the daemon's answer as JSON.")
        var json = false

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            print(try await Daemon.listTokens(try await options.load(), asJSON: json))
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a token at once, and with it what its holder is evaluating.")

        @Argument(help: "The token's id, as `trackd token list` shows it.")
        var id: String

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            print(try await Daemon.revokeToken(try await options.load(), id: id))
        }
    }
}
