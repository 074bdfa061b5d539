/// Why the schema of a database does not fit this program. The description is a sentence for a person.
public struct MigrationError: Error, Sendable, CustomStringConvertible {
    public enum Reason: Sendable, Equatable {
        /// The program's own list is wrong: a version twice, not above zero, or not in order.
        case badList(version: Int)
        /// A newer program has migrated the database.
        case newerSchema(database: Int, known: Int)
        /// The database has a version in the middle of the list that the program does not know.
        case unknownVersion(Int)
        /// A migration's text changed after it was applied.
        case changed(version: Int, name: String)
        /// The program knows a migration below the database's version that was never applied.
        case skipped(version: Int, name: String)
        /// Migrations wait to be applied.
        case pending([Int])
        /// A migration failed and was rolled back; nothing after it was tried.
        case failed(version: Int, name: String, PostgresFailure)
    }

    /// A `PostgresError` reduced to what may be shown.
    public struct PostgresFailure: Sendable, Equatable {
        public let text: String
    }

    public let reason: Reason
    /// The name of the program in the sentence.
    public let program: String

    public var description: String {
        switch reason {
        case .badList(let version):
            "The migrations of this \(program) are not numbered one after the other at version \(version)."
        case .newerSchema(let database, let known):
            "The database has schema version \(database), made by a newer \(program); this one knows up to \(known). "
                + "Upgrade \(program), or use another state folder or database."
        case .unknownVersion(let version):
            "The database has schema version \(version), which this \(program) does not know. Use the \(program) that made it."
        case .changed(let version, let name):
            "Migration \(version) (\(name)) is not the one that made this database. Use the \(program) that made it, or another database."
        case .skipped(let version, let name):
            "Migration \(version) (\(name)) was never applied to this database although later ones were. Use the \(program) that made it."
        case .pending(let versions):
            "The database lacks schema version \(versions.map(String.init).joined(separator: ", ")). Run \(program) migrate."
        case .failed(let version, let name, let failure):
            "Migration \(version) (\(name)) failed and was undone: \(failure.text)"
        }
    }
}
