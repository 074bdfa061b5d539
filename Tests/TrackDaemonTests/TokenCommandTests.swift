import FoundationEssentials
import Subprocess
import SystemPackage
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// `trackd token`, `track login`, `track logout` and `track audit` as a person runs them.
    @Suite struct TokenCommandTests {
        private struct Outcome {
            let status: Int32?
            let output: String
            let errors: String
        }

        private func run(
            _ program: String, _ arguments: [String], state: String, environment: [String: String] = [:], input: String = ""
        ) async throws -> Outcome {
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let beside = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
            var variables = ["PATH": "/usr/bin:/bin", "HOME": state + "/home", "TRACK_STATE_FOLDER": state]
            variables.merge(environment) { $1 }
            // From a file: swift-subprocess 1.0.2 ends the whole process when a program that reads no input leaves its pipe.
            let words = state + "-" + UUID().uuidString
            try Data(input.utf8).write(to: URL(filePath: words))
            defer { try? FileManager.default.removeItem(atPath: words) }
            let result = try await Subprocess.run(
                .path(FilePath(beside).removingLastComponent().appending(program)), arguments: Arguments(arguments),
                environment: .custom(
                    Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
                input: .fileDescriptor(try .open(words, .readOnly), closeAfterSpawningProcess: true), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
            var status: Int32?
            if case .exited(let code) = result.terminationStatus { status = code }
            return Outcome(status: status, output: result.standardOutput, errors: result.standardError)
        }

        @Test("a token is made, shown once, used after a login, listed without its secret, and revoked")
        func life() async throws {
            let daemon = try await Site.here.daemon("token-commands")
            let state = daemon.folder.path
            let made = try await run("trackd", ["token", "create", "--name", "ci", "--role", "reader", "--expires", "90d"], state: state)
            #expect(made.status == 0, "\(made.errors)")
            let text = String(made.output.dropLast())
            let token = try #require(AccessToken(text), "the token alone is on standard output")
            #expect(made.errors.contains(token.id) && !made.errors.contains(text))

            let url = daemon.address
            let home = ["TRACK_URL": url, "TRACK_STATE_FOLDER": state + "/of-another-user"]
            #expect(try await run("track", ["status"], state: state, environment: home).status == 78)
            let login = try await run("track", ["login", url], state: state, environment: home, input: text + "\n")
            #expect(login.status == 0, "\(login.errors)")
            #expect(login.output.contains("as ci, reader until"))
            #expect(try await run("track", ["status"], state: state, environment: home).status == 0)
            let doctor = try await run("track", ["doctor", "--json"], state: state, environment: home)
            #expect(doctor.output.contains("which knows you as ci, reader"))
            let audit = try await run("track", ["audit"], state: state, environment: home)
            #expect(audit.status == 78)
            #expect(audit.errors.contains("this needs admin"))

            let list = try await run("trackd", ["token", "list"], state: state)
            #expect(list.output.contains("\(token.id)  ci"))
            #expect(!list.output.contains(text.suffix(43)))
            let trail = try await run("track", ["audit", "--limit", "1"], state: state)
            #expect(trail.output.contains("token.create") && trail.output.contains("name: ci, role: reader"))
            let revoked = try await run("trackd", ["token", "revoke", token.id], state: state)
            #expect(revoked.status == 0, "\(revoked.errors)")
            let refused = try await run("track", ["status"], state: state, environment: home)
            #expect(refused.status == 78)
            #expect(refused.errors.contains("was revoked"))
            #expect(try await run("track", ["logout"], state: state, environment: home).output.contains("is forgotten"))
            #expect(try await run("track", ["logout"], state: state, environment: home).output.contains("No token is kept"))
            try await daemon.stop()
        }

        @Test("a login is refused for what is no token, for one that the daemon does not know, and over a network in the clear")
        func refusedLogin() async throws {
            let daemon = try Site.here.shared
            let state = daemon.folder.path + "/login"
            for (url, input, status) in [
                (daemon.address, "secret", 1), (daemon.address, "", 1), (daemon.address, AccessToken.make().text, 78),
                ("http://track.example:7450", AccessToken.make().text, 78), (daemon.folder.socket, AccessToken.make().text, 64),
            ] {
                let outcome = try await run("track", ["login", url], state: state, input: input)
                #expect(outcome.status == Int32(status), "\(url) \(outcome.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: state + "/home/.config"))
        }

        @Test("without a daemon `trackd token` says that it needs one; what is written wrongly is named")
        func refusedToken() async throws {
            let state = try Site.here.root + "/no-daemon"
            try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
            let alone = try await run("trackd", ["token", "list"], state: state)
            #expect(alone.status == 1)
            #expect(alone.errors.contains("No daemon runs on the state folder \(state)") && alone.errors.contains("trackd serve"))
            let role = try await run("trackd", ["token", "create", "--name", "x", "--role", "king"], state: state)
            #expect(role.status == 78 && role.errors.contains("reader, submitter, worker, admin"))
            for span in ["90", "d", "-1d", "90w", "9999999999999999999d", "999999999999999999d"] {
                let outcome = try await run(
                    "trackd", ["token", "create", "--name", "x", "--role", "reader", "--expires=\(span)"], state: state)
                #expect(outcome.status != 0 && outcome.errors.contains(span), "\(span): \(outcome.errors)")
            }
        }
    }
}
