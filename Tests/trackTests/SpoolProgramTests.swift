import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage
import Testing
import TrackClient
import TrackCore

/// The command line as a process under `strace`, which kills it at a system call or lets one fail: `track add` without a daemon.
@Suite struct SpoolProgramTests {
    private let folder = "/tmp/track-spool-" + UUID().uuidString.prefix(13)
    private static let strace = "/usr/bin/strace"

    private struct Outcome {
        let status: TerminationStatus
        let errors: String
    }

    private func add(injecting fault: String, state: String) async throws -> Outcome {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
        let program = FilePath(bundle).removingLastComponent().appending("track").string
        let result = try await Subprocess.run(
            .path(FilePath(SpoolProgramTests.strace)),
            arguments: ["-f", "-qq", "-o", "/dev/null", "-e", fault, program, "add", try checkpoint()],
            environment: .custom(["PATH": "/usr/bin:/bin", "HOME": folder, "TRACK_STATE_FOLDER": state]),
            output: .discarded, error: .string(limit: 1 << 20))
        return Outcome(status: result.terminationStatus, errors: result.standardError)
    }

    private func checkpoint() throws -> String {
        let path = folder + "/legal-tune/checkpoint-120"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(#"{"architectures":["LlamaForCausalLM"],"max_position_embeddings":128}"#.utf8).write(
            to: URL(filePath: path + "/config.json"))
        let header = #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        try (Data([UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0]) + Data(header.utf8) + Data([1, 2, 3, 4]))
            .write(to: URL(filePath: path + "/model.safetensors"))
        return path
    }

    private func records(_ state: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: state + "/spool/new")) ?? []).map { state + "/spool/new/" + $0 }
    }

    /// Every system call of the spool that no other part of the command makes, so that its number is known; the others are in
    /// the tests of the client, step by step.
    @Test(
        "D4: SIGKILL at a system call of the write leaves nothing or a whole record",
        .enabled("strace is missing", { access(strace, X_OK) == 0 }),
        arguments: [("mkdir", 1...8), ("pwrite64", 1...1), ("fsync", 1...2), ("rename", 1...1)])
    func killed(_ call: String, _ numbers: ClosedRange<Int>) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for number in numbers {
            let state = folder + "/state-\(call)-\(number)"
            let outcome = try await add(injecting: "inject=\(call):signal=KILL:when=\(number)", state: state)
            // strace ends as what it ran.
            #expect(outcome.status == .signaled(SIGKILL), "\(call) \(number): \(outcome.errors)")
            let left = records(state)
            // The rename makes the record, and the second fsync is of the folder, after it.
            #expect(left.count == (call == "fsync" && number == 2 ? 1 : 0), "\(call) \(number)")
            for file in left { #expect(try SpoolEntry.read(file) != nil) }
        }
    }

    @Test(
        "EIO on the first fsync is survived by a new file; on every one the record is printed and the status is 74",
        .enabled("strace is missing", { access(strace, X_OK) == 0 }))
    func failing() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let once = try await add(injecting: "inject=fsync:error=EIO:when=1", state: folder + "/once")
        #expect(once.status == .exited(69), "\(once.errors)")
        #expect(records(folder + "/once").count == 1)
        let always = try await add(injecting: "inject=fsync:error=EIO", state: folder + "/always")
        #expect(always.status == .exited(74))
        #expect(always.errors.contains("Input/output error"))
        let printed = try #require(always.errors.split(separator: "\n").last)
        try #require(Data(base64Encoded: String(printed))).write(to: URL(filePath: folder + "/printed"))
        #expect(try SpoolEntry.read(folder + "/printed")?.label == "checkpoint legal-tune/checkpoint-120")
        #expect(records(folder + "/always").isEmpty)
    }

    @Test(
        "ENOSPC on every write: the record is printed and the status is 74", .enabled("strace is missing", { access(strace, X_OK) == 0 }))
    func noRoom() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let outcome = try await add(injecting: "inject=pwrite64:error=ENOSPC", state: folder + "/full")
        #expect(outcome.status == .exited(74))
        #expect(outcome.errors.contains("No space left on device"))
        #expect(records(folder + "/full").isEmpty)
    }
}
