import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage
import Testing
import TrackClient
import TrackCore

/// Runs the built program as a shell would.
@Suite struct ProgramTests {
    let folder = "/tmp/track-program-" + UUID().uuidString.prefix(13)

    private struct Outcome {
        let status: Int32?
        let output: String
        let errors: String
    }

    /// Beside the test bundle, where the package manager puts all products.
    private static var program: FilePath {
        get throws {
            let own = try #require(try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            let beside = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
            return FilePath(beside).removingLastComponent().appending("track")
        }
    }

    private func run(_ arguments: String..., state: String? = nil, environment: [String: String] = [:]) async throws -> Outcome {
        var variables = ["PATH": "/usr/bin:/bin", "HOME": folder, "TRACK_STATE_FOLDER": state ?? folder + "/state"]
        variables.merge(environment) { $1 }
        let result = try await Subprocess.run(
            .path(try ProgramTests.program), arguments: Arguments(arguments),
            environment: .custom(Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        var status: Int32?
        if case .exited(let code) = result.terminationStatus { status = code }
        return Outcome(status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// The least that counts as a checkpoint, below a folder of its own.
    private func checkpoint(cutBy missing: Int = 0) throws -> String {
        let path = folder + "/legal-tune/checkpoint-120"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let configuration = #"{"architectures":["LlamaForCausalLM"],"max_position_embeddings":128}"#
        try Data(configuration.utf8).write(to: URL(filePath: path + "/config.json"))
        let header = Array(#"{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#.utf8)
        let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(header.count) >> ($0 * 8)) }
        let weights = length + header + [UInt8](repeating: 1, count: 24 - missing)
        try Data(weights).write(to: URL(filePath: path + "/model.safetensors"))
        return path
    }

    private func removeFolder() { try? FileManager.default.removeItem(atPath: folder) }

    @Test("--version and --help need no daemon")
    func version() async throws {
        let version = try await run("--version")
        #expect(version.status == 0)
        #expect(version.output == "track \(ProgramVersion.text)\n")
        #expect(try await run("--help").status == 0)
    }

    @Test("a command written wrongly ends with 64")
    func usage() async throws {
        #expect(try await run("bogus").status == 64)
        #expect(try await run("evaluate", "a/b", "--timeout", "3").status == 64)
    }

    @Test("without a daemon a reading command ends with 69 and says how to start one")
    func unreachable() async throws {
        let outcome = try await run("list", "--json")
        #expect(outcome.status == 69)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("trackd serve"))
    }

    @Test("without a daemon `add` keeps the checkpoint in the spool and says so; the spool survives a vain `sync`")
    func spooled() async throws {
        defer { removeFolder() }
        let outcome = try await run("add", try checkpoint())
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("The record is in the spool: legal-tune/checkpoint-120 (step 120"))
        #expect(outcome.errors.contains("track sync"))
        #expect(try await run("sync").status == 69)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/state/spool/new")
        #expect(names.count == 1)
        #expect(try SpoolEntry.read(folder + "/state/spool/new/" + names[0])?.label == "checkpoint legal-tune/checkpoint-120")
    }

    @Test("with neither daemon nor spool `add` prints the record and ends with 74")
    func notDurable() async throws {
        defer { removeFolder() }
        let outcome = try await run("add", try checkpoint(), state: "/dev/null/state")
        #expect(outcome.status == 74)
        let printed = try #require(outcome.errors.split(separator: "\n").last)
        let path = folder + "/printed"
        try #require(Data(base64Encoded: String(printed))).write(to: URL(filePath: path))
        let record = try #require(try SpoolEntry.read(path))
        #expect(record.label == "checkpoint legal-tune/checkpoint-120")
        // As the message says: back into the quarantine, and queued again.
        try FileManager.default.createDirectory(atPath: folder + "/state/spool/quarantine", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder + "/state/spool/new", withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: path, toPath: folder + "/state/spool/quarantine/mine.rec")
        #expect(try await run("spool", "requeue", "--all").status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/state/spool/new").count == 1)
    }

    @Test("a half-written checkpoint is refused and nothing is kept")
    func halfWritten() async throws {
        defer { removeFolder() }
        let outcome = try await run("add", try checkpoint(cutBy: 5))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("half-written"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/state"))
    }

    @Test("an address that cannot be read ends with 78")
    func configuration() async throws {
        let outcome = try await run("status", environment: ["TRACK_URL": "ftp://x"])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("http://host:port"))
    }
}
