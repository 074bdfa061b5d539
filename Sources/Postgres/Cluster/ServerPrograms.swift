import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// An installed PostgreSQL server.
struct ServerPrograms: Equatable {
    var folder: FilePath
    /// The major version, as 15.
    var version: Int

    var postgres: FilePath { folder.appending("postgres") }
    var initdb: FilePath { folder.appending("initdb") }

    /// Finds the programs that can run data of version `dataVersion`, or create data when it is nil.
    static func find(in given: FilePath?, dataVersion: Int?, data: FilePath) async throws -> ServerPrograms {
        var installed: [ServerPrograms] = []
        let folders = if let given { [given] } else { await candidates() }
        for folder in folders {
            guard let programs = await inspect(folder) else { continue }
            if dataVersion == nil || programs.version == dataVersion { return programs }
            installed.append(programs)
        }
        if let dataVersion, let other = installed.first {
            throw PrivateClusterError(
                .wrongVersion(data: dataVersion, programs: other.version),
                """
                the private database in \(data) was made by PostgreSQL \(dataVersion), but only PostgreSQL \
                \(installed.map { "\($0.version) (\($0.folder))" }.joined(separator: ", ")) is here, which cannot read it. \
                Install PostgreSQL \(dataVersion) again (Debian: apt-get install postgresql-\(dataVersion)), or convert the data with \
                pg_upgrade or pg_dump. Nothing was changed.
                """)
        }
        throw PrivateClusterError(
            .programsMissing,
            """
            no PostgreSQL server was found (the programs "postgres" and "initdb" in \
            \(given?.string ?? "pg_config --bindir, /usr/lib/postgresql/*/bin or PATH")). \
            Install it (Debian: apt-get install postgresql), or use a database of your own.
            """)
    }

    /// Places to look at, the preferred one first.
    static func candidates() async -> [FilePath] {
        let search = ServerCommand.searchPath.split(separator: ":").map { FilePath(String($0)) }
        var folders: [FilePath] = []
        for folder in search where isExecutable(folder.appending("pg_config")) {
            guard let answer = await ServerCommand.run(folder.appending("pg_config"), ["--bindir"], as: nil) else { continue }
            folders.append(FilePath(String(answer.output.prefix { $0 != "\n" })))
            break
        }
        let debian = FilePath("/usr/lib/postgresql")
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: debian.string)) ?? []).compactMap { Int($0) }
        folders += versions.sorted(by: >).map { debian.appending("\($0)").appending("bin") }
        return folders + search
    }

    private static func inspect(_ folder: FilePath) async -> ServerPrograms? {
        let programs = ServerPrograms(folder: folder, version: 0)
        guard isExecutable(programs.postgres), isExecutable(programs.initdb),
            let answer = await ServerCommand.run(programs.postgres, ["--version"], as: nil),
            let version = version(in: answer.output)
        else { return nil }
        return ServerPrograms(folder: folder, version: version)
    }

    /// The major version in `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`.
    static func version(in text: String) -> Int? {
        guard let bracket = text.firstIndex(of: ")") else { return nil }
        return Int(text[bracket...].dropFirst().drop { $0 == " " }.prefix { $0.isNumber })
    }

    private static func isExecutable(_ path: FilePath) -> Bool {
        unsafe access(path.string, X_OK) == 0
    }
}
