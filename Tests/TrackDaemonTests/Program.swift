import FoundationEssentials
import Glibc
import SystemPackage
import Testing

/// A program that runs beside the tests, its standard error in a file.
final class Program: Sendable {
    let pid: pid_t
    let log: String

    /// - Parameters:
    ///   - environment: the whole environment.
    ///   - output: a file for standard output.
    ///   - leadsGroup: whether it gets a process group of its own.
    init(
        _ path: String, _ arguments: [String], environment: [String: String], log: String, output: String = "/dev/null",
        leadsGroup: Bool = false
    ) throws {
        self.log = log
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        if leadsGroup { posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP)) }
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, path, &actions, &attributes, words, variables)
        guard code == 0 else { throw Errno(rawValue: code) }
        pid = child
    }

    func send(_ signal: Int32) { kill(pid, signal) }

    /// To it and to all that it started in its process group, which it must lead.
    func sendGroup(_ signal: Int32) { kill(-pid, signal) }

    /// Ends it without warning and waits for that: while a child is left that nobody waits for, the library of exit tests sees no other.
    func end() {
        var status: Int32 = 0
        kill(pid, SIGKILL)
        waitpid(pid, &status, 0)
    }

    /// The exit status, or nil when a signal ended it or it does not end in time.
    func ended(within limit: Duration = .seconds(60)) async throws -> Int32? {
        var status: Int32 = 0
        let found = try await eventually(within: limit) { waitpid(pid, &status, WNOHANG) != 0 ? true : nil }
        guard found == true, status & 0x7f == 0 else { return nil }
        return status >> 8 & 0xff
    }

    var errors: String { (try? Data(contentsOf: URL(filePath: log))).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    static func isAlive(_ pid: pid_t) -> Bool { kill(pid, 0) == 0 }
}

/// What `look` finds, looked for again and again until the limit, which a failing test waits for and no other; nil when it never came.
func eventually<Value>(
    within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation, _ look: () async throws -> Value?
) async throws -> Value? {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while true {
        if let value = try await look() { return value }
        guard clock.now < end else { return nil }
        try await clock.sleep(for: .milliseconds(20))
    }
}
