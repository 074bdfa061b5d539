import FoundationEssentials
import Subprocess
import SystemPackage
import Testing

@testable import TrackEvaluators

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

private let path = "/usr/local/bin:/usr/bin:/bin"

private func shell(_ script: String, grace: Duration = .seconds(600), lineLimit: Int = 1 << 20, notes: FilePath? = nil) -> GuardedCommand {
    GuardedCommand(
        ["/bin/sh", "-c", script], environment: ["PATH": path], noteFolder: notes, lineLimit: lineLimit, grace: grace)
}

/// Alive and not merely waiting to be collected.
private func isRunning(_ pid: Int32) -> Bool {
    guard let stat = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return false }
    let state = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.dropFirst().first
    return state != "Z"
}

private func eventually(_ condition: () throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return false
}

private func number(_ line: [UInt8]?) throws -> Int32 {
    try #require(line.flatMap { Int32(String(decoding: $0, as: UTF8.self)) })
}

/// A folder of a test's own, removed with the value.
private final class Scratch: Sendable {
    let folder = FilePath("/tmp/guard-\(UInt32.random(in: 0 ... .max))")

    init() throws {
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.string) }

    /// The process numbers that an owner wrote before it died.
    func numbers() throws -> [Int32] {
        let text = try String(contentsOf: URL(filePath: folder.appending("pids").string), encoding: .utf8)
        return text.split(separator: " ").compactMap { Int32($0) }
    }
}

/// Runs a program that prints two process numbers, writes them down with the guard's, and dies by SIGKILL; the guard first, if asked.
private func dieAsOwner(of script: String, in folder: String, grace: Duration, guardFirst: Bool = false) async throws {
    _ = try await GuardedProcess.run(shell(script, grace: grace)) { process in
        let first = try number(try await process.lines.next())
        let second = try number(try await process.lines.next())
        try Data("\(process.pid) \(first) \(second)".utf8).write(to: URL(filePath: folder + "/pids"))
        if guardFirst { kill(process.pid, SIGKILL) }
        kill(getpid(), SIGKILL)
    }
}

/// Prints its own number and its child's and ends neither at the end of its input nor at a SIGTERM.
private let stubborn = "trap '' TERM; echo $$; (trap '' TERM; while :; do sleep 1; done) & echo $!; while :; do sleep 1; done"
/// Prints its own number twice and ends with its input.
private let obedient = "echo $$; echo $$; exec cat"

@Suite struct GuardedProcessTests {
    @Test("what is written comes back line by line, also a line of several megabytes, and the loop can be left and resumed")
    func echo() async throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 5_000_000)
        let ended = try await GuardedProcess.run(shell("cat; printf unfinished", lineLimit: 5_000_000)) { process in
            try await process.write(Array("one\n\nthree\n".utf8))
            #expect(try await process.lines.next() == Array("one".utf8))
            for try await line in process.lines {
                #expect(line.isEmpty)
                break
            }
            #expect(try await process.lines.next() == Array("three".utf8))
            async let written: Void = process.write(long + [UInt8(ascii: "\n")])
            #expect(try await process.lines.next() == long)
            try await written
            await process.finishInput()
            return try await process.lines.next()
        }
        #expect(ended.value == nil)
        #expect(ended.status == .exited(0))
    }

    @Test(
        "the exit status passes through the guard",
        arguments: [("exit 0", .exited(0)), ("exit 78", .exited(78)), ("kill -SEGV $$", .signalled(SIGSEGV))]
            as [(String, GuardedProcess.ExitStatus)])
    func status(_ script: String, _ status: GuardedProcess.ExitStatus) async throws {
        let ended = try await GuardedProcess.run(shell(script)) { try await $0.lines.next() }
        #expect(ended.value == nil)
        #expect(ended.status == status)
        #expect(ended.errorTail == "", "the guard itself says nothing")
    }

    @Test("a program that does not exist exits 127 and is named on standard error")
    func missing() async throws {
        let command = GuardedCommand(["/no/such/evaluator"], environment: ["PATH": path])
        let ended = try await GuardedProcess.run(command) { try await $0.lines.next() }
        #expect(ended.status == .exited(127))
        #expect(ended.errorTail.contains("/no/such/evaluator"))
    }

    @Test("a child that holds the output open neither delays the end nor survives it")
    func strayChild() async throws {
        let ended = try await GuardedProcess.run(shell("sleep 600 & echo $!; exit 3")) { process in
            let stray = try number(try await process.lines.next())
            #expect(try await process.lines.next() == nil)
            return stray
        }
        #expect(ended.status == .exited(3))
        #expect(await eventually { !isRunning(ended.value) })
    }

    @Test("standard error is drained while nobody looks, and its end is kept")
    func standardError() async throws {
        let ended = try await GuardedProcess.run(shell("yes noise | head -c 3000000 >&2; echo the end >&2; echo done")) {
            try await $0.lines.next()
        }
        #expect(ended.value == Array("done".utf8))
        #expect(ended.errorTail.utf8.count == 65_536)
        #expect(ended.errorTail.hasSuffix("noise\nthe end\n"))
    }

    @Test("a line beyond the limit is refused before it is whole, and the program is ended")
    func hugeLine() async throws {
        await #expect(throws: GuardedProcessError.lineTooLong(limit: 1_000)) {
            _ = try await GuardedProcess.run(shell("echo fine; head -c 200000 /dev/zero; exec sleep 600", lineLimit: 1_000)) { process in
                #expect(try await process.lines.next() == Array("fine".utf8))
                return try await process.lines.next()
            }
        }
    }

    @Test("writing to a program that has ended is an error, not the end of the writer")
    func brokenPipe() async throws {
        await #expect(throws: GuardedProcessError.inputClosed) {
            _ = try await GuardedProcess.run(shell("exit 0")) { process in
                _ = try await process.lines.next()
                while true { try await process.write([UInt8](repeating: 10, count: 65_536)) }
            }
        }
    }

    @Test("a program that ignores the end of its input is killed after the grace, with its children")
    func ignoresEnd() async throws {
        let ended = try await GuardedProcess.run(shell(stubborn, grace: .milliseconds(100))) { process in
            [try number(try await process.lines.next()), try number(try await process.lines.next())]
        }
        #expect(ended.status == .signalled(SIGKILL))
        for pid in ended.value { #expect(await eventually { !isRunning(pid) }) }
    }

    @Test("cancelling sends SIGTERM to the group, and SIGKILL to what ignores it", arguments: [false, true])
    func cancelled(ignoring: Bool) async throws {
        let scratch = try Scratch()
        let script = ignoring ? stubborn : "trap 'echo ended >\(scratch.folder)/farewell; exit' TERM; echo $$; sleep 600 & echo $!; wait"
        let (numbers, continuation) = AsyncStream<Int32>.makeStream()
        let grace = Duration.milliseconds(ignoring ? 100 : 60_000)
        let task = Task {
            _ = try await GuardedProcess.run(shell(script, grace: grace)) { process in
                for try await line in process.lines { continuation.yield(try number(line)) }
            }
        }
        var iterator = numbers.makeAsyncIterator()
        let pids = [try #require(await iterator.next()), try #require(await iterator.next())]
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        for pid in pids { #expect(await eventually { !isRunning(pid) }) }
        #expect(FileManager.default.fileExists(atPath: scratch.folder.appending("farewell").string) == !ignoring)
    }

    @Test("a guard that is killed takes the program with it")
    func guardKilled() async throws {
        let ended = try await GuardedProcess.run(shell(stubborn)) { process in
            let pids = [try number(try await process.lines.next()), try number(try await process.lines.next())]
            kill(process.pid, SIGKILL)
            #expect(try await process.lines.next() == nil)
            return pids
        }
        #expect(ended.status == .signalled(SIGKILL))
        for pid in ended.value { #expect(await eventually { !isRunning(pid) }) }
    }

    @Test("the program sees the given environment and nothing of its starter's")
    func environment() async throws {
        let command = GuardedCommand(["/usr/bin/env"], environment: ["PATH": path, "TRACK_X": "a=b c"])
        let ended = try await GuardedProcess.run(command) { process in
            var lines: [String] = []
            for try await line in process.lines { lines.append(String(decoding: line, as: UTF8.self)) }
            return lines.filter { !$0.hasPrefix("_=") }.sorted()
        }
        #expect(ended.value == ["PATH=\(path)", "TRACK_X=a=b c"])
    }

    @Test("the program may leave no core file, write no endless file and open no endless number of them")
    func limits() async throws {
        let command = shell("ulimit -c; ulimit -f; ulimit -n; ulimit -Hf")
        let ended = try await GuardedProcess.run(command) { process in
            var lines: [String] = []
            for try await line in process.lines { lines.append(String(decoding: line, as: UTF8.self)) }
            return lines
        }
        // A POSIX shell counts blocks of 512 bytes: 1 GiB.
        #expect(ended.value == ["0", "2097152", "4096", "2097152"])
    }

    @Test("root runs the program as another user, without root's groups", .enabled(if: geteuid() == 0))
    func otherUser() async throws {
        var command = shell("id -u; id -G; pwd")
        command.user = try RunAs.named("nobody")
        command.workingDirectory = "/tmp"
        let ended = try await GuardedProcess.run(command) { process in
            var lines: [String] = []
            for try await line in process.lines { lines.append(String(decoding: line, as: UTF8.self)) }
            return lines
        }
        let user = try #require(command.user)
        #expect(ended.value == ["\(user.uid)", "\(user.gid)", "/tmp"])
        // Root of a container may have no groups to lose.
        #expect(command.launcher.contains("--clear-groups"))
        #expect(throws: GuardedProcessError.noSuchUser("root")) { try RunAs.named("root") }
        #expect(throws: GuardedProcessError.noSuchUser("no-such-user")) { try RunAs.named("no-such-user") }
    }
}

/// The owner of an evaluator dies by SIGKILL: each closure runs in a process of its own, which kills itself.
@Suite struct EvaluatorOrphanTests {
    @Test("after kill -9 of the owner, an evaluator that minds its input ends at once")
    func obedientEnds() async throws {
        let scratch = try Scratch()
        let folder = scratch.folder.string
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            try await dieAsOwner(of: obedient, in: folder, grace: .seconds(120))
        }
        #expect(try await eventually { try scratch.numbers().allSatisfy { !isRunning($0) } })
    }

    @Test("after kill -9 of the owner, an evaluator that minds nothing is killed with its children")
    func stubbornIsKilled() async throws {
        let scratch = try Scratch()
        let folder = scratch.folder.string
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            try await dieAsOwner(of: stubborn, in: folder, grace: .milliseconds(100))
        }
        #expect(try await eventually { try scratch.numbers().allSatisfy { !isRunning($0) } })
    }

    @Test("after kill -9 of the guard and then of the owner, nothing is left either", arguments: [true, false])
    func guardAndOwner(minding: Bool) async throws {
        let scratch = try Scratch()
        let folder = scratch.folder.string
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String, minding = minding as Bool] in
            try await dieAsOwner(
                of: minding ? obedient : stubborn, in: folder, grace: minding ? .seconds(120) : .milliseconds(100), guardFirst: true)
        }
        #expect(try await eventually { try scratch.numbers().allSatisfy { !isRunning($0) } })
    }

    @Test("an evaluator that outlived its owner is killed by its note")
    func survivorKilled() async throws {
        let scratch = try Scratch()
        let folder = scratch.folder.string
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            _ = try await GuardedProcess.run(shell(stubborn, grace: .seconds(120), notes: FilePath(folder))) { process in
                let pids = [process.pid, try number(try await process.lines.next()), try number(try await process.lines.next())]
                let text = pids.map { "\($0)" }.joined(separator: " ")
                try Data(text.utf8).write(to: URL(filePath: folder + "/pids"))
                kill(getpid(), SIGKILL)
            }
        }
        let pids = try scratch.numbers()
        #expect(pids.count == 3 && pids.allSatisfy(isRunning), "the test needs survivors")
        #expect(GuardedProcess.killSurvivors(in: scratch.folder) == 1)
        #expect(await eventually { pids.allSatisfy { !isRunning($0) } })
        #expect(GuardedProcess.killSurvivors(in: scratch.folder) == 0)
    }

    @Test("a number that another process has taken over is not killed, nor is anything that a note cannot mean")
    func numberReused() async throws {
        let scratch = try Scratch()
        let ended = try await GuardedProcess.run(shell("echo ready; exec cat", notes: scratch.folder)) { process in
            _ = try await process.lines.next()
            let note = scratch.folder.appending("\(process.pid).json").string
            var survivor = try #require(SurvivorFile(pid: process.pid))
            let written = try JSONDecoder().decode(SurvivorFile.self, from: try #require(FileManager.default.contents(atPath: note)))
            #expect(written == survivor)
            survivor.start -= 1
            try survivor.write(in: scratch.folder)
            for (name, text) in [("a", #"{"pid":-1,"start":0}"#), ("b", #"{"pid":0,"start":0}"#), ("c", "{"), ("d", "")] {
                try Data(text.utf8).write(to: URL(filePath: scratch.folder.appending("\(name).json").string))
            }
            #expect(GuardedProcess.killSurvivors(in: scratch.folder) == 0)
            try await process.write(Array("alive\n".utf8))
            return try await process.lines.next()
        }
        #expect(ended.value == Array("alive".utf8))
        #expect(ended.status == .exited(0))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder.string).isEmpty)
    }

    @Test("the note goes when the evaluator goes")
    func noteRemoved() async throws {
        let scratch = try Scratch()
        _ = try await GuardedProcess.run(shell("exec cat", notes: scratch.folder)) { _ in }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder.string).isEmpty)
    }
}

@Suite struct LineSplitterTests {
    @Test("however a stream is cut, the lines are the same")
    func cuts() {
        var generator = SystemRandomNumberGenerator()
        for _ in 1...300 {
            let stream = (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 9...12, using: &generator) }
            let expected = stream.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
            var splitter = LineSplitter()
            var lines: [[UInt8]] = []
            var rest = stream[...]
            while !rest.isEmpty {
                let cut = rest.prefix(Int.random(in: 1...20, using: &generator))
                rest = rest.dropFirst(cut.count)
                splitter.append(cut)
                while let line = splitter.next() { lines.append(line) }
            }
            #expect(lines == expected.dropLast())
            #expect(splitter.pending == expected.last?.count)
        }
    }
}
