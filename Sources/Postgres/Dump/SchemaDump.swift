import FoundationEssentials
import Subprocess
public import SystemPackage

/// Copies one schema out of a database and into another with PostgreSQL's own programs.
public struct SchemaDump: Sendable {
    private let programs: ClientPrograms
    private let configuration: DatabaseConfiguration

    public init(programs: ClientPrograms, configuration: DatabaseConfiguration) {
        self.programs = programs
        self.configuration = configuration
    }

    /// Writes a consistent state of the schema in `pg_dump`'s custom format, without owners and rights. Others may go on writing.
    ///
    /// - Parameter file: open for writing, empty; it stays open.
    public func write(to file: FileDescriptor) async throws {
        try await run(
            programs.dump, ["--format=custom", "--no-owner", "--no-privileges", "--no-password", "--schema=\(configuration.schema)"],
            output: .fileDescriptor(file, closeAfterSpawningProcess: false))
    }

    /// Reads the whole dump, as loading it would, and counts the rows of each table.
    ///
    /// - Throws: ``DumpError`` for a dump that cannot be read to its end.
    public func rows(in file: FilePath) async throws -> [String: Int] {
        let result = try await started(programs.restore) {
            try await Subprocess.run(
                command(programs.restore, ["--data-only", "--file=-", file.string]), input: .none, output: .sequence,
                error: .string(limit: Self.errorLimit)
            ) { execution in
                var counter = CopyRowCounter()
                for try await part in execution.standardOutput { unsafe part.withUnsafeBytes { unsafe counter.read($0) } }
                return counter.rows
            }
        }
        guard result.terminationStatus.isSuccess else { throw failure(programs.restore, result.standardError) }
        return result.closureResult
    }

    /// Loads a dump in one transaction, together with what goes before it and after it. When anything fails, this program's death included,
    /// nothing of it stays.
    ///
    /// - Parameters:
    ///   - opening, closing: SQL without BEGIN and COMMIT. A message that `opening` or `closing` raises becomes the error's sentence.
    public func load(_ file: FilePath, opening: String, closing: String) async throws {
        // COMMIT is sent only after pg_restore has succeeded. Without it psql comes to the end of its input, and the server rolls back.
        let script = """
            { printf '%s\\n' BEGIN\\; "$3" && "$1" --no-owner --no-privileges --file=- "$5" &&
              printf '%s\\n' "$4" COMMIT\\; '\\echo committed'; } |
            "$2" --no-psqlrc --quiet --no-password --set=ON_ERROR_STOP=1 --set=VERBOSITY=terse --output=/dev/null
            """
        let result = try await started("/bin/sh") {
            try await Subprocess.run(
                command("/bin/sh", ["-c", script, "sh", programs.restore.string, programs.shell.string, opening, closing, file.string]),
                output: .string(limit: 4096), error: .string(limit: Self.errorLimit))
        }
        guard result.terminationStatus.isSuccess, result.standardOutput == "committed\n" else {
            throw failure(programs.restore, result.standardError)
        }
    }

    private static let errorLimit = 1 << 16

    private func run(_ program: FilePath, _ arguments: [String], output: FileDescriptorOutput) async throws {
        let result = try await started(program) {
            try await Subprocess.run(command(program, arguments), output: output, error: .string(limit: Self.errorLimit))
        }
        guard result.terminationStatus.isSuccess else { throw failure(program, result.standardError) }
    }

    private func started<Result>(_ program: FilePath, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as SubprocessError {
            throw DumpError(.failed, "\(program) could not be run to its end: \(error).")
        }
    }

    private func command(_ program: FilePath, _ arguments: [String]) -> Subprocess.Configuration {
        Subprocess.Configuration(
            executable: .path(program), arguments: Arguments(arguments), environment: environment, workingDirectory: "/")
    }

    /// What libpq connects with. Not as arguments: a password there could be read by every user of the machine.
    private var environment: Environment {
        var values: [Environment.Key: String] = [
            "PATH": ServerCommand.searchPath, "LC_ALL": "C", "PGUSER": configuration.user, "PGDATABASE": configuration.database,
            "PGAPPNAME": configuration.applicationName, "PGCONNECT_TIMEOUT": "10", "PGSSLMODE": "disable",
        ]
        switch configuration.endpoint {
        case .unixSocket(let folder, let port): (values["PGHOST"], values["PGPORT"]) = (folder, String(port))
        case .loopback(let port): (values["PGHOST"], values["PGPORT"]) = ("127.0.0.1", String(port))
        case .verifiedTLS(let host, let port, let rootCertificate):
            (values["PGHOST"], values["PGPORT"]) = (host, String(port))
            (values["PGSSLMODE"], values["PGSSLROOTCERT"]) = ("verify-full", rootCertificate)
        }
        values["PGPASSWORD"] = configuration.password?.reveal()
        values["HOME"] = ProcessInfo.processInfo.environment["HOME"]
        return .custom(values)
    }

    /// The last thing that a program complained about is the cause; a sentence that SQL raised stands for itself.
    private func failure(_ program: FilePath, _ complaint: String) -> DumpError {
        let lines = complaint.split(separator: "\n").map(String.init)
        for line in lines {
            guard let mark = line.firstRange(of: "ERROR:  ") else { continue }
            return DumpError(.failed, String(line[mark.upperBound...]))
        }
        let words = lines.suffix(5).joined(separator: "\n  ")
        return DumpError(.failed, "\(program.lastComponent?.string ?? "The program") failed" + (words.isEmpty ? "." : ":\n  \(words)"))
    }
}
