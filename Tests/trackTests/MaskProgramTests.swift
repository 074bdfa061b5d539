import Foundation
import Testing

/// `track mask` against an evaluator that is a shell script: what it says is what the tests need.
@Suite struct MaskProgramTests {
    private let folder: URL

    init() throws {
        // Under root the evaluator is somebody else, who must reach it.
        folder = URL(filePath: "/tmp/track-mask-" + UUID().uuidString.prefix(13))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        try Data("{}".utf8).write(to: folder.appending(path: "config.json"))
    }

    private static let done =
        #"{"type":"done","examples":2,"tokens":19,"masked":4,"assistant_tokens":19,"assistant_masked":4,"skipped":1,"#
        + #""histogram":[10,2,2,1,0,2,2,0,0,0,0,0,0,0,0,0,0,0,0]}"#

    private func mask(_ script: String) throws -> (status: Int32, output: String, errors: String) {
        let python = folder.appending(path: "python")
        try Data(("#!/bin/sh\n" + script).utf8).write(to: python)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python.path)
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let beside = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: beside).deletingLastPathComponent().appending(path: "track")
        process.arguments = ["mask", "--checkpoint", folder.path, "--data", "train.jsonl", "--out", "masks.jsonl"]
        process.currentDirectoryURL = folder
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": folder.path, "TRACK_STATE_FOLDER": folder.path + "/state",
            "TRACK_EVALUATOR_PYTHON": python.path,
        ]
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complained = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, said, complained)
    }

    private var masks: String? { try? String(contentsOf: folder.appending(path: "masks.jsonl"), encoding: .utf8) }
    private func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    private func remove() { try? FileManager.default.removeItem(at: folder) }

    @Test("masks go into the file as they come, and the summary to the person")
    func whole() throws {
        defer { remove() }
        // What a killed command left behind is taken over, and an older file of masks is replaced.
        try Data("left behind".utf8).write(to: folder.appending(path: "masks.jsonl.part"))
        try Data("older".utf8).write(to: folder.appending(path: "masks.jsonl"))
        let outcome = try mask(
            """
            echo '{"track_masks":1}'; echo '{"line":1,"masked":[[2,3]]}'; echo '{"type":"skipped","line":2,"reason":"is not JSON"}'
            echo '\(Self.done)'
            """)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(masks == "{\"track_masks\":1}\n{\"line\":1,\"masked\":[[2,3]]}\n")
        #expect(outcome.output.contains("4 (21.1 %) are masked") && outcome.output.contains("1.5: 26.3 %, 2.5: 21.1 %, 10: 0.0 %"))
        #expect(outcome.errors.contains("Line 2 is not JSON") && outcome.output.contains("no example, and were skipped: 1."))
        #expect(try !files().contains("masks.jsonl.part"))
    }

    @Test(
        "whatever goes wrong, no half file has the name of a whole one, and the reason is told",
        arguments: [
            (#"echo '{"track_masks":1}'; echo '{"type": "error", "message": "no room"}'; exit 1"#, "no room"),
            (#"echo '{"track_masks":1}'; kill -9 $$"#, "signal 9"), (#"echo '{"track_masks":1}'"#, "without a summary"),
            ("echo 'track-evaluator cannot import torch' >&2; exit 78", "cannot import torch"),
            (#"echo '\#(done.replacing(#""examples":2"#, with: #""examples":0"#))'"#, "no example"),
        ])
    func broken(_ script: String, _ reason: String) throws {
        defer { remove() }
        let outcome = try mask(script)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
        #expect(try files() == ["config.json", "python"])
    }
}
