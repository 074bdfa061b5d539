import FoundationEssentials
import Subprocess
package import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A running program that ends when this process ends, however it ends, together with everything that it started.
package struct GuardedProcess: Sendable {
    /// Leader of the program's process group: the guard.
    package let pid: Int32
    /// What the program says on standard output.
    package let lines: OutputLines
    private let input: StandardInputWriter
    private let tail: ErrorTail

    /// How a program ended.
    package enum ExitStatus: Sendable, Equatable {
        case exited(Int32)
        /// By this signal. A program that exits with 128 + n itself cannot be told apart.
        case signalled(Int32)
    }

    /// What is left of a program.
    package struct Ended<Value: Sendable>: Sendable {
        /// What the body returned.
        package let value: Value
        package let status: ExitStatus
        /// The last 64 KiB of standard error.
        package let errorTail: String
    }

    /// The last 64 KiB of standard error so far.
    package var errorTail: String { tail.text }

    /// Writes to the program's standard input, all of it.
    ///
    /// - Throws: ``GuardedProcessError/inputClosed`` when the program no longer reads.
    package func write(_ bytes: [UInt8]) async throws {
        let written = try? await input.write(bytes)
        try Task.checkCancellation()
        guard written == bytes.count else { throw GuardedProcessError.inputClosed }
    }

    /// Ends the program's standard input, at which an evaluator must end.
    package func finishInput() async {
        try? await input.finish()
    }

    /// Starts a program, runs `body` beside it, and returns when nothing of it is left.
    ///
    /// When `body` returns, the program's input ends; when `body` throws or the task is cancelled, its group also gets `SIGTERM`. After the
    /// grace the group is killed, and so is whatever the program has left behind in its group when it ended.
    ///
    /// - Throws: What `body` throws; ``GuardedProcessError/notStarted(_:)``. A program that cannot be found exits 127, as in a shell.
    package static func run<Value: Sendable>(
        _ command: GuardedCommand, body: @Sendable (GuardedProcess) async throws -> Value
    ) async throws -> Ended<Value> {
        _ = ignoreBrokenPipes
        let tail = ErrorTail()
        let seconds = Double(command.grace.components.seconds) + Double(command.grace.components.attoseconds) * 1e-18
        var began = false
        do {
            let result = try await Subprocess.run(
                .path(FilePath(command.launcher[0])),
                arguments: Arguments(
                    command.launcher.dropFirst() + ["-c", GuardedCommand.script, "guard", "\(seconds)"] + command.arguments),
                environment: .custom(Dictionary(uniqueKeysWithValues: command.environment.compactMap(environmentEntry))),
                workingDirectory: command.workingDirectory, platformOptions: options(for: command),
                input: .inputWriter, output: .sequence, error: .sequence
            ) { execution in
                began = true
                let process = GuardedProcess(
                    pid: execution.processIdentifier.value,
                    lines: OutputLines(execution.standardOutput, limit: command.lineLimit),
                    input: execution.standardInputWriter, tail: tail)
                return try await process.accompany(errors: execution.standardError, command: command, body: body)
            }
            return Ended(value: result.closureResult, status: ExitStatus(result.terminationStatus), errorTail: tail.text)
        } catch let error as SubprocessError where !began {
            throw GuardedProcessError.notStarted("\(error)")
        }
    }

    /// Kills the programs that an earlier process left running, by the notes in its ``GuardedCommand/noteFolder``.
    ///
    /// - Returns: How many process groups were killed.
    @discardableResult
    package static func killSurvivors(in folder: FilePath) -> Int {
        SurvivorFile.killAll(in: folder)
    }

    private func accompany<Value: Sendable>(
        errors: SubprocessOutputSequence, command: GuardedCommand, body: @Sendable (GuardedProcess) async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await part in errors { part.withUnsafeBytes { tail.append($0) } }
            }
            let outcome: Result<Value, any Error>
            do {
                if let folder = command.noteFolder { try SurvivorFile(pid: pid)?.write(in: folder) }
                outcome = .success(try await body(self))
            } catch {
                outcome = .failure(error)
            }
            let failed = if case .failure = outcome { true } else { false }
            await end(grace: command.grace, atOnce: failed)
            if let folder = command.noteFolder { SurvivorFile.remove(pid: pid, in: folder) }
            // The reading of standard error ends with the guard; an error of reading costs the tail only.
            try? await group.waitForAll()
            return try outcome.get()
        }
    }

    /// Ends the program and waits. The guard is not collected before this returns, so its number cannot belong to anyone else meanwhile.
    private func end(grace: Duration, atOnce: Bool) async {
        // Unstructured, because it must run to its end in a cancelled task too; it is awaited here.
        await Task {
            await finishInput()
            if atOnce { kill(-pid, SIGTERM) }
            let deadline = ContinuousClock.now + grace
            while !hasEnded, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(5)) }
            kill(-pid, SIGKILL)
            while !hasEnded { try? await Task.sleep(for: .milliseconds(5)) }
        }.value
    }

    /// Whether the guard has ended; it stays to be collected.
    private var hasEnded: Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT)
        return result != 0 || information.si_signo == SIGCHLD
    }

    private static func options(for command: GuardedCommand) -> PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: command.grace)]
        return options
    }

    private static func environmentEntry(_ entry: (key: String, value: String)) -> (Environment.Key, String)? {
        Environment.Key(rawValue: entry.key).map { ($0, entry.value) }
    }

    /// Writing to a program that has ended must fail, not end this process. What is started gets the default back.
    private static let ignoreBrokenPipes: Void = {
        signal(SIGPIPE, SIG_IGN)
    }()
}

extension GuardedProcess.ExitStatus {
    init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code) where (129...192).contains(code): self = .signalled(code - 128)
        case .exited(let code): self = .exited(code)
        case .signaled(let signal): self = .signalled(signal)
        }
    }
}
