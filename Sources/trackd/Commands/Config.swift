import ArgumentParser
import TrackDaemon

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Look at the configuration.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check every setting, and print it with where it came from. Secrets are not shown.")

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let settings = try await options.load().effective
            let width = settings.map(\.key.count).max() ?? 0
            for setting in settings {
                let key = setting.key + String(repeating: " ", count: width - setting.key.count)
                print("track.\(key)  \(setting.value.isEmpty ? "–" : setting.value)  (\(setting.origin))")
            }
        }
    }
}
