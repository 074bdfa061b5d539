import FoundationEssentials
import Glibc
import Synchronization
import TrackCore

/// The texts of revisions on this machine's disk, a file of JSON Lines per revision, named by its digest.
struct DocumentFile: Sendable {
    let folder: WorkerFolder

    /// The file of a revision; fetched, proved and put in place whole when it is not there.
    ///
    /// Evaluators may read it but not write it, so a file that is in place is believed.
    func path(of revision: DomainSetRevision, from connection: WorkerConnection) async throws -> String {
        let path = folder.documents + "/" + revision.digest.hex + ".jsonl"
        if FileManager.default.fileExists(atPath: path) { return path }
        let writer = try DocumentWriter(path: path, revision: revision, group: folder.group)
        do {
            try await connection.documents(revision.digest) { try writer.write($0) }
            try writer.finish()
        } catch {
            writer.discard()
            throw error
        }
        return path
    }
}

/// Writes one download beside its place and moves it there when it is proved.
private final class DocumentWriter: Sendable {
    private let path: String
    private let temporary: String
    private let descriptor: Int32
    private let state: Mutex<State>

    private struct State {
        var check: DocumentCheck
        /// The line that has begun.
        var rest: [UInt8] = []
    }

    init(path: String, revision: DomainSetRevision, group: UInt32?) throws {
        self.path = path
        temporary = path + ".new"
        state = Mutex(State(check: DocumentCheck(revision)))
        unlink(temporary)
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, group == nil ? 0o600 : 0o640)
        guard descriptor >= 0 else { throw Self.failure(temporary) }
        if let group, fchown(descriptor, geteuid(), group) != 0 || fchmod(descriptor, 0o640) != 0 {
            let failure = Self.failure(temporary)
            discard()
            throw failure
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            var start = bytes.startIndex
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                state.rest.append(contentsOf: bytes[start..<end])
                try Self.add(&state)
                start = end + 1
            }
            state.rest.append(contentsOf: bytes[start...])
        }
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(temporary) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func finish() throws {
        try state.withLock { state in
            if !state.rest.isEmpty { try Self.add(&state) }
            try state.check.finish()
        }
        guard fsync(descriptor) == 0, close(descriptor) == 0, rename(temporary, path) == 0 else { throw Self.failure(temporary) }
    }

    /// Not after ``finish()`` has returned.
    func discard() {
        close(descriptor)
        unlink(temporary)
    }

    private static func add(_ state: inout State) throws {
        let line: DocumentLine
        do {
            line = try WireCoding.decode(DocumentLine.self, from: Data(state.rest))
        } catch {
            throw Problem(.unavailable, "The documents did not arrive whole: a line is not readable. They will be fetched again.")
        }
        state.rest.removeAll(keepingCapacity: true)
        try state.check.add(line)
    }

    private static func failure(_ path: String) -> Problem {
        Problem(.unavailable, "Cannot write \(path): \(String(cString: strerror(errno))). Make room or correct its permissions.")
    }
}
