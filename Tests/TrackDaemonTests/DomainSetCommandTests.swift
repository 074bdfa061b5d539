import FoundationEssentials
import Glibc
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// `track domains add`, as a person runs it.
    @Suite struct DomainSetCommandTests {
        private struct Outcome: Decodable {
            struct Read: Decodable {
                struct LeftOut: Decodable {
                    let reason: String
                    let count: Int
                    let places: [String]
                }

                struct Trouble: Decodable { let path: String }

                let documents: Int
                let leftOut: [LeftOut]
                let unreadable: [Trouble]
                let otherBytes: Int
            }

            let revision: DomainSetRevision
            let created: Bool
            let read: Read
            let shortfalls: [String]
        }

        private let root: String
        private let daemon: RunningDaemon

        init() throws {
            daemon = try Site.here.shared
            root = try Site.here.root + "/text-\(UUID().uuidString.prefix(8))"
        }

        private func write(_ name: String, _ text: some Sequence<UInt8>) throws {
            let path = root + "/" + name
            let folder = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text).write(to: URL(filePath: path))
        }

        private func lines(_ name: String, _ lines: [String]) throws { try write(name, lines.joined(separator: "\n").utf8) }

        /// - Parameter prefix: what starts the program, with its arguments.
        private func add(
            _ set: String, _ arguments: String..., prefix: [String] = [], temporary: String = "/var/tmp"
        ) async throws -> (status: Int32?, outcome: Outcome?, errors: String, peak: Int) {
            let words = prefix + [try Tool.path(of: "track"), "domains", "add", set, "--from", root, "--json"] + arguments
            let output = root + ".json"
            let program = try Program(
                words[0], Array(words.dropFirst()),
                environment: [
                    "PATH": "/usr/bin:/bin", "HOME": daemon.folder.path, "LC_ALL": "C.UTF-8", "TRACK_STATE_FOLDER": daemon.folder.path,
                    "TMPDIR": temporary,
                ], log: root + ".log", output: output)
            var peak = 0
            let status = try await eventually(within: .seconds(300)) { () -> Int32? in
                let page = try? Data(contentsOf: URL(filePath: "/proc/\(program.pid)/status"))
                let text = page.map { String(decoding: $0, as: UTF8.self) } ?? ""
                // The kernel's own high-water mark, in kB.
                if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") }) {
                    peak = max(peak, Int(line.filter(\.isNumber)) ?? 0)
                }
                var status: Int32 = 0
                return waitpid(program.pid, &status, WNOHANG) != 0 ? status : nil
            }
            let outcome = try? WireCoding.decode(Outcome.self, from: Data(contentsOf: URL(filePath: output)))
            return (status.map { $0 >> 8 & 0xff }, outcome, program.errors, peak << 10)
        }

        @Test("bad input is named and counted, and the rest becomes a revision")
        func badInput() async throws {
            try lines(
                "a.jsonl", [#"{"text": "one", "bytes": 9}"#, #"{"text": "#, #"{"text": "\ud800"}"#, #"{"text": " "}"#, #"{"text": "one"}"#])
            try write("b/binary.txt", [0x7f, 0x45, 0x4c, 0x46, 0, 0xff])
            try write("b/good.txt", "two".utf8)
            try lines("chat.jsonl", [#"{"prompt": "Hi", "completion": "Hello"}"#])
            let made = try await add("bad-input")
            let outcome = try #require(made.outcome, "\(made.errors)")
            #expect(made.status == 0 && outcome.created)
            #expect(outcome.revision.domains.map(\.name.description) == ["a/a", "b/b", "chat/chat"])
            #expect(outcome.read.documents == 3 && outcome.read.otherBytes == 1)
            #expect(outcome.read.leftOut.map(\.reason) == ["empty", "duplicate", "invalid-utf-8", "damaged"])
            #expect(outcome.read.leftOut.last?.places == [root + "/a.jsonl:2", root + "/a.jsonl:3"])
            let strict = try await add("bad-input", "--strict")
            #expect(strict.status == 1)
            #expect(strict.errors.contains("a.jsonl:2") && strict.errors.contains("--strict"), "\(strict.errors)")
        }

        @Test("a file without permission makes nothing, unless it is to be left out")
        func permissions() async throws {
            try lines("a.jsonl", [#"{"text": "one"}"#])
            try lines("b.jsonl", [#"{"text": "two"}"#])
            chmod(root + "/b.jsonl", 0)
            chmod(root, 0o755)
            // Root reads every file.
            let rights = geteuid() == 0 ? ["/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"] : []
            let refused = try await add("permissions", prefix: rights)
            #expect(refused.status == 1)
            #expect(
                refused.errors.contains("b.jsonl: Permission denied") && refused.errors.contains("--skip-unreadable"), "\(refused.errors)")
            let made = try await add("permissions", "--skip-unreadable", prefix: rights)
            #expect(made.outcome?.read.unreadable.map(\.path) == [root + "/b.jsonl"], "\(made.errors)")
            #expect(made.outcome?.revision.domains.map(\.name.description) == ["a/a"])
        }

        @Test("amounts are stored with the revision, shown, and travel with an export")
        func targets() async throws {
            try lines("s/a.jsonl", (0..<50).map { #"{"text": "document \#($0 + 100)"}"# })
            try lines("s/b.jsonl", (0..<5).map { #"{"text": "another \#($0 + 100)"}"# })
            let made = try await add("targets", "--bytes-per-domain", "100", "--bytes-per-source", "300", "--seed", "9")
            let outcome = try #require(made.outcome, "\(made.errors)")
            let expected = SelectionTargets(unit: .bytes, perDomain: 100, perSource: 300)
            #expect(outcome.revision.targets == expected && outcome.revision.seed == 9)
            #expect(outcome.revision.domains.reduce(0) { $0 + $1.bytes } >= 300)
            #expect(outcome.shortfalls == ["Domain s/b has only 55 of 100 bytes; all of its documents were taken."])
            let known = try await daemon.with { try await $0.revisions(of: "targets") }
            #expect(known == [outcome.revision])
            #expect(try await add("targets", "--bytes-per-domain", "0").status == 64)
            #expect(try await add("targets", "--tokens-per-domain", "9").status == 64)
        }

        /// 120 MB of text and a line of 60 MB, of which 2 MB are taken, in a debug build.
        @Test("memory does not grow with the set")
        func memory() async throws {
            let filler = Array(String(repeating: "All work and no play makes a dull set. ", count: 1600).utf8)
            for file in 0..<4 {
                try write("d\(file).jsonl", [])
                let handle = try #require(fopen(root + "/d\(file).jsonl", "w"))
                for document in 0..<480 {
                    let line = Array(#"{"text": "\#(file) \#(document) "#.utf8) + filler + Array("\"}\n".utf8)
                    fwrite(line, 1, line.count, handle)
                }
                if file == 0 {
                    for _ in 0..<1000 { fwrite(filler, 1, filler.count, handle) }
                }
                fclose(handle)
            }
            defer { try? FileManager.default.removeItem(atPath: root) }
            let made = try await add("memory", "--bytes-per-domain", "500000", "--document-limit", "1")
            let outcome = try #require(made.outcome, "\(made.errors)")
            #expect(outcome.read.documents == 1920)
            #expect(outcome.read.leftOut.map(\.reason) == ["too-long"])
            #expect(made.peak > 0 && made.peak < 100 << 20, "\(made.peak >> 20) MiB")
        }
    }
}
