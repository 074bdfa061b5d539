public import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// `pg_dump`, `pg_restore` and `psql` of one major version.
public struct ClientPrograms: Sendable, Equatable {
    public let folder: FilePath

    var dump: FilePath { folder.appending("pg_dump") }
    var restore: FilePath { folder.appending("pg_restore") }
    var shell: FilePath { folder.appending("psql") }

    /// Finds those of the server's major version: an older `pg_dump` refuses a newer server, and what a newer one writes an older server
    /// may not read.
    ///
    /// - Throws: ``DumpError`` when they are not installed.
    public static func find(version: Int) async throws -> ClientPrograms {
        for folder in await ServerPrograms.candidates() {
            let programs = ClientPrograms(folder: folder)
            guard [programs.dump, programs.restore, programs.shell].allSatisfy({ unsafe access($0.string, X_OK) == 0 }),
                let answer = await ServerCommand.run(programs.dump, ["--version"], as: nil),
                ServerPrograms.version(in: answer.output) == version
            else { continue }
            return programs
        }
        throw DumpError(
            .programsMissing,
            """
            The programs pg_dump, pg_restore and psql of PostgreSQL \(version), the database's version, were not found in \
            pg_config --bindir, /usr/lib/postgresql/*/bin or PATH. Install them (Debian: apt-get install postgresql-client-\(version)).
            """)
    }
}

/// Why a dump was not written or not loaded, as a kind for code and a sentence for people.
public struct DumpError: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        case programsMissing
        /// A program failed; nothing was changed in a database.
        case failed
    }

    public let kind: Kind
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
