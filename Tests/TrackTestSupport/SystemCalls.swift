import Glibc
import Synchronization
import SystemPackage

/// What a piece of code asks of the kernel, as strace(1) sees it: the only witness of an fsync that is there, or is not.
package enum SystemCalls {
    /// Runs `body` and gives the calls of the given names that mention `path`, in their order, as strace writes them: descriptors with the
    /// file that they stand for, for example `fsync(7</tmp/spool/new>) = 0`.
    ///
    /// - Throws: an ``Unseen`` when strace cannot be run; what `body` throws.
    package static func named(_ names: [String], about path: String, during body: () throws -> Void) throws -> [String] {
        // A process has one tracer at a time.
        try turn.withLock { _ in try watched(names, about: path, during: body) }
    }

    private static func watched(_ names: [String], about path: String, during body: () throws -> Void) throws -> [String] {
        let log = "/tmp/track-strace-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(log) }
        let (tracer, remarks) = try attach(names, log: log)
        defer { try? remarks.close() }
        let result = Result { try body() }
        // It lets go of every thread and ends.
        kill(tracer, SIGTERM)
        var status: Int32 = 0
        waitpid(tracer, &status, 0)
        try result.get()
        return try contents(of: log).split(separator: "\n").map(String.init).filter { $0.contains(path) }
    }

    private static let turn = Mutex(())

    /// Why nothing was seen.
    package struct Unseen: Error, CustomStringConvertible {
        package let description: String
    }

    /// Starts strace on this process and waits until it says that it watches all threads.
    private static func attach(_ names: [String], log: String) throws -> (tracer: pid_t, remarks: FileDescriptor) {
        let remarks = try FileDescriptor.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, remarks.writeEnd.rawValue, STDERR_FILENO)
        posix_spawn_file_actions_addclose(&actions, remarks.writeEnd.rawValue)
        posix_spawn_file_actions_addclose(&actions, remarks.readEnd.rawValue)
        // Threads of the concurrency runtime have signals blocked, and a child inherits that: strace would never hear that it shall end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let arguments = ["strace", "-f", "-y", "-s", "4096", "-e", "trace=" + names.joined(separator: ","), "-o", log, "-p", "\(getpid())"]
        let words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/usr/bin/strace", &actions, &attributes, words, environ)
        try remarks.writeEnd.close()
        guard code == 0 else {
            try remarks.readEnd.close()
            throw Unseen(description: "/usr/bin/strace cannot be started (\(Errno(rawValue: code))): install Debian's package strace.")
        }
        var said = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !said.contains("attached") {
            let count = try buffer.withUnsafeMutableBytes { try remarks.readEnd.read(into: $0) }
            guard count > 0 else {
                try remarks.readEnd.close()
                throw Unseen(description: "strace may not watch this process: \(said)")
            }
            said += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return (child, remarks.readEnd)
    }

    private static func contents(of path: String) throws -> String {
        let descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
        return try descriptor.closeAfter {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                if count == 0 { return String(decoding: bytes, as: UTF8.self) }
                bytes += chunk[..<count]
            }
        }
    }
}
