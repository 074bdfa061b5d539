import Postgres

/// A database that may forget what it confirmed cannot keep track's promise.
enum DatabaseSafety {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    static func check(_ database: Database) async throws {
        let settings = try await database.read("database.safety") { db in
            try db.one(
                "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')",
                as: (String.self, String.self, String.self))
        }
        let unsafe = [("fsync", settings.0), ("full_page_writes", settings.1), ("synchronous_commit", settings.2)].filter { $0.1 == "off" }
        guard unsafe.isEmpty else {
            let names = unsafe.map(\.0).joined(separator: ", ")
            throw Fault(
                description: """
                    The database runs with \(names) off, so that it can lose what it confirmed. Turn it on, or start trackd with \
                    --unsafe-database if losing runs is acceptable.
                    """)
        }
    }
}
