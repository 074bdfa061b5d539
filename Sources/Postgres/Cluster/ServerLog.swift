import SystemPackage

/// The server's log file, from the point where the current start began.
struct ServerLog {
    var file: FilePath
    var start: Int64

    init(_ file: FilePath) {
        self.file = file
        start = FileFacts.size(of: file)
    }

    /// The last 64 KiB that were written since ``start``.
    var text: String {
        let window: Int64 = 65_536
        let size = FileFacts.size(of: file)
        // It may have been cut since.
        let first = start <= size ? start : 0
        return String(decoding: FileFacts.contents(of: file, from: max(first, size - window), limit: Int(window)), as: UTF8.self)
    }

    /// The part of an error message that the log adds: the known cause, if one shows, and the last lines.
    static func explanation(of text: String, file: FilePath) -> String {
        var parts: [String] = []
        if let cause = cause(in: text) { parts.append(cause) }
        let lines = text.split(separator: "\n").suffix(20)
        if lines.isEmpty {
            parts.append("Its log \(file) says nothing.")
        } else {
            parts.append("The last lines of \(file):\n" + lines.map { "  " + $0 }.joined(separator: "\n"))
        }
        return parts.joined(separator: " ")
    }

    /// What a person can do about a failure that the log names.
    static func cause(in text: String) -> String? {
        let causes: [(sign: String, advice: String)] = [
            (
                "No space left on device",
                "The disk is full: free space on the state folder's file system and start again; nothing recorded is lost."
            ),
            ("Disk quota exceeded", "The disk quota is used up: free space or raise the quota and start again; nothing recorded is lost."),
            ("Read-only file system", "The state folder's file system is read-only: mount it writable and start again."),
            ("Address already in use", "Another server uses the same socket: stop it and start again."),
            (
                "Permission denied",
                "The server's user may not use a file of its own: give the state folder's postgres/ back to that user."
            ),
            (
                "could not create shared memory segment",
                "The system refuses shared memory: raise its limit (kernel.shmmax, or a container's --shm-size)."
            ),
            ("could not resize shared memory segment", "Shared memory is full: raise its limit (a container's --shm-size)."),
            ("Cannot allocate memory", "Memory is short: free some and start again."),
        ]
        return causes.first { text.contains($0.sign) }?.advice
    }

    /// True for a start that fails only because processes of an earlier server have not ended yet, or because a number in a stale
    /// `postmaster.pid` belongs by chance to a process of the same user. The next try meets other processes.
    static func isPassing(_ text: String) -> Bool {
        text.contains("pre-existing shared memory block") || text.contains("lock file \"postmaster.pid\" already exists")
    }
}
