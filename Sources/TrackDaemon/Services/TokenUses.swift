import Logging
import Postgres
import ServiceLifecycle
import TrackStore

/// Writes down which tokens are in use, apart from the requests that showed them: nobody waits for it, and what is lost is noted at the
/// token's next use.
struct TokenUses: Service {
    private let database: Database
    private let logger: Logger
    private let ids: AsyncStream<String>
    private let note: AsyncStream<String>.Continuation

    init(database: Database, logger: Logger) {
        self.database = database
        self.logger = logger
        (ids, note) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256))
    }

    func noteUse(_ id: String) { note.yield(id) }

    func run() async {
        for await id in ids.cancelOnGracefulShutdown() {
            do {
                try await database.write("token.use") { db in try TokenStore.noteUse(id, in: db) }
            } catch {
                logger.debug("use of a token not noted", metadata: ["token.id": "\(id)", "error": "\(error)"])
            }
        }
    }
}
