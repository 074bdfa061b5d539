import Subprocess
import Synchronization
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A program of the server's user that ends when this process ends, however it ends.
///
/// A small shell stands between: this process holds the write end of a pipe and the shell's watcher reads it. When the pipe closes, because
/// it is told to stop or because this process died, even by `SIGKILL`, the watcher sends the program its signal, and again until it is
/// gone, because a program that has only just started still ignores it. The shell waits for the program and passes its exit status on.
/// Each of the two shells makes up for the other: if the outer one is killed, this process notices its end and closes the pipe.
/// (`PR_SET_PDEATHSIG` would not do: it fires when the *thread* that started the program ends.)
final class ServerGuard: Sendable {
    /// How the program ended.
    enum Ending: Equatable {
        /// With its status, 128 + n for signal n, and what the shell complained about.
        case exited(Int32, complaint: String)
        /// The guard was killed from outside, and the program was told to stop.
        case guardKilled
        /// It could not be started; the reason.
        case notStarted(String)
    }

    private struct State {
        var input: StandardInputWriter?
        var pid: pid_t?
        var stopping = false
    }

    private static let script = """
        signal=$1 log=$2
        shift 2
        umask 077
        exec 3<&0 2>&1
        "$@" 3<&- </dev/null >>"$log" 2>&1 &
        program=$!
        echo "$program"
        ( trap '' INT TERM HUP
          exec >/dev/null 2>&1
          while read -r line <&3; do :; done
          tries=0
          while [ "$tries" -lt 300 ] && kill -s "$signal" "$program"; do
              tries=$((tries + 1))
              sleep 0.2
          done ) &
        watcher=$!
        trap 'kill -s "$signal" "$program"' INT TERM HUP
        wait "$program"
        status=$?
        while kill -0 "$program" 2>/dev/null; do
            wait "$program"
            status=$?
        done
        kill -KILL "$watcher" 2>/dev/null
        exit "$status"
        """

    private let state = Mutex(State())
    private let isProgram: @Sendable (pid_t) -> Bool
    /// Set once, before `init` returns.
    private let supervision = Mutex<Task<Ending, Never>?>(nil)

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - command: An absolute path and arguments.
    ///   - user: As whom to run it.
    ///   - log: Where its output is appended; the file is created by `user`.
    ///   - stopSignal: What the program is sent to end, as `kill -s` names it.
    ///   - isProgram: Whether a process number is still this program: asked before a signal is sent by number.
    init(
        _ command: [String], as user: ServerUser?, log: FilePath, stopSignal: String, isProgram: @escaping @Sendable (pid_t) -> Bool
    ) {
        self.isProgram = isProgram
        // Unstructured on purpose: the program must not be torn down because a task was cancelled while others still use it.
        // Every user of a guard awaits `stop()` or `ended()`, and both wait for this task.
        let task = Task { await self.supervise(command, user: user, log: log, stopSignal: stopSignal) }
        supervision.withLock { $0 = task }
    }

    /// The program's process number, once it is known.
    var pid: pid_t? { state.withLock { $0.pid } }

    /// Waits for the end of the program. Cancellation does not end the wait.
    func ended() async -> Ending {
        guard let task = supervision.withLock({ $0 }) else { return .notStarted("it was never started") }
        return await task.value
    }

    /// Tells the program to end and waits for it; one that takes longer than `limit` gets `SIGQUIT`, at which PostgreSQL abandons its work.
    @discardableResult
    func stop(within limit: Duration) async -> Ending {
        let input = state.withLock { state in
            state.stopping = true
            return state.input
        }
        try? await input?.finish()
        // Unstructured, so that the limit counts even when the caller is cancelled.
        let escalation = Task {
            try await Task.sleep(for: limit)
            if let pid, isProgram(pid) { kill(pid, SIGQUIT) }
        }
        let ending = await ended()
        escalation.cancel()
        return ending
    }

    private func supervise(_ command: [String], user: ServerUser?, log: FilePath, stopSignal: String) async -> Ending {
        do {
            let result = try await Subprocess.run(
                ServerCommand.configuration("/bin/sh", ["-c", Self.script, "sh", stopSignal, log.string] + command, as: user),
                input: .inputWriter, output: .sequence, error: .discarded
            ) { execution in
                let alreadyStopping = state.withLock { state in
                    state.input = execution.standardInputWriter
                    return state.stopping
                }
                if alreadyStopping { try await execution.standardInputWriter.finish() }
                return try await readOutput(execution.standardOutput)
            }
            state.withLock { $0.input = nil }
            guard case .exited(let code) = result.terminationStatus else {
                await awaitOrphan()
                return .guardKilled
            }
            return .exited(code, complaint: result.closureResult)
        } catch {
            return .notStarted("/bin/sh cannot be run: \(error)")
        }
    }

    /// The guard's first line is the program's number; more is the shell's complaint, for example about the log file.
    private func readOutput(_ output: SubprocessOutputSequence) async throws -> String {
        var text = ""
        for try await part in output {
            text += unsafe part.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
            if pid == nil, let end = text.firstIndex(of: "\n"), let number = pid_t(text[..<end]) {
                state.withLock { $0.pid = number }
                text = String(text[text.index(after: end)...])
            }
        }
        return text
    }

    /// Waits for a program whose guard was killed. Its watcher has just seen the pipe close and signalled it.
    private func awaitOrphan() async {
        guard let pid else { return }
        var waited = Duration.zero
        let step = Duration.milliseconds(20)
        while isProgram(pid) {
            try? await Task.sleep(for: step)
            waited += step
            if waited == .seconds(10) { kill(pid, SIGINT) }
            if waited == .seconds(60) { kill(pid, SIGQUIT) }
        }
    }
}
