import Synchronization
import TrackCore

/// Counts the bytes of runs that are on their way in, so that many large ones at a time cannot take all memory.
final class RunDoor: Sendable {
    private let limit: Int
    private let inside = Mutex(0)

    init(limit: Int = 256 << 20) { self.limit = limit }

    /// Lets a body in and out again. One that is larger than the whole limit may enter alone.
    ///
    /// - Parameter bytes: how long it says it is, or may become.
    /// - Throws: ``Problem`` when it must come again later.
    func pass<Value>(bytes: Int, _ body: () async throws -> Value) async throws -> Value {
        try enter(bytes)
        defer { inside.withLock { $0 -= bytes } }
        return try await body()
    }

    private func enter(_ bytes: Int) throws {
        try inside.withLock { inside in
            guard inside == 0 || inside + bytes <= limit else {
                var problem = Problem(.tooMany, "trackd is taking in as many runs as it can at a time; send this one again in a moment.")
                problem.retryAfter = 1
                throw problem
            }
            inside += bytes
        }
    }
}
