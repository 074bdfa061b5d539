import FoundationEssentials
import Subprocess
import SystemPackage

/// Short commands that run as the server's user and leave nothing behind.
enum ServerCommand {
    /// The environment of everything that is started here: no `PG*` variable of the caller, and messages in English, because some are read.
    static let environment: Environment = .custom(["PATH": searchPath, "LC_ALL": "C"])

    static var searchPath: String {
        ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    }

    /// A command as the server's user.
    ///
    /// The change of user is left to `setpriv`, which becomes the command. Subprocess's own `userID` calls glibc's `setuid` in a child that
    /// was cloned behind glibc's back: it waits there, now and then for ever, for threads that only the parent has.
    static func configuration(_ executable: FilePath, _ arguments: [String], as user: ServerUser?) -> Configuration {
        var program = executable
        var arguments = arguments
        if let user {
            arguments =
                ["--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups", "--", executable.string] + arguments
            program = "/usr/bin/setpriv"
        }
        var options = PlatformOptions()
        // Keeps a terminal's ^C away.
        options.createSession = true
        return Configuration(
            executable: .path(program), arguments: Arguments(arguments), environment: environment,
            workingDirectory: "/", platformOptions: options)
    }

    /// Runs a command to its end.
    ///
    /// - Returns: Standard output (at most 64 KiB of it) and whether the command succeeded; nil when it could not be started.
    static func run(_ executable: FilePath, _ arguments: [String], as user: ServerUser?) async -> (output: String, succeeded: Bool)? {
        let result = try? await Subprocess.run(
            configuration(executable, arguments, as: user), output: .string(limit: 65_536), error: .discarded)
        guard let result else { return nil }
        return (result.standardOutput, result.terminationStatus.isSuccess)
    }

    /// Refuses a folder that the server's user cannot pass through, and names the folder that is closed.
    ///
    /// The user itself tries, so that access lists and mount options count as well as modes.
    static func checkReachable(_ folder: FilePath, by user: ServerUser?, advice: String) async throws {
        guard let user else { return }
        var path = FilePath("/")
        var prefixes = [path.string]
        for component in folder.components {
            path.append(component)
            prefixes.append(path.string)
        }
        let script = "for folder do [ -x \"$folder\" ] || { printf %s \"$folder\"; exit 1; }; done"
        guard let answer = await run("/bin/sh", ["-c", script, "sh"] + prefixes, as: user) else {
            throw PrivateClusterError(.userMissing(user.name), """
                no command can be run as the user "\(user.name)" (uid \(user.uid)). \
                Is /usr/bin/setpriv there (Debian: apt-get install util-linux)?
                """)
        }
        guard answer.succeeded else {
            let closed = FilePath(answer.output)
            let mode = FileFacts.of(closed).map { " (mode 0" + String($0.permissions, radix: 8) + ")" } ?? ""
            throw PrivateClusterError(
                .unreachable(closed),
                "\(closed) is not reachable for the user \"\(user.name)\"\(mode), who runs the private database: \(advice).")
        }
    }
}
