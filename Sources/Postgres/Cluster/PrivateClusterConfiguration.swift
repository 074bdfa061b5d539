public import Logging
public import SystemPackage

/// How the private cluster of a state folder is run.
public struct PrivateClusterConfiguration: Sendable {
    /// The right to use the state folder; the cluster lives in `postgres/` below it.
    public var lock: StateFolderLock
    /// The user as whom the server runs when this process is root. Otherwise it has no effect.
    public var serverUser: String
    /// The folder that holds `postgres` and `initdb`. Nil searches for them: `pg_config --bindir`, Debian's
    /// `/usr/lib/postgresql/*/bin`, and `PATH`; the version of existing data wins, else the newest.
    public var programs: FilePath?
    /// The name of the cluster's superuser and of its database: a plain identifier.
    public var name: String
    /// What a person can do about a state folder that the server's user cannot reach; ends the sentence of that error.
    public var folderAdvice: String
    /// How long a server may take to become ready. One that says it is still recovering gets ``recoveryLimit``.
    public var startLimit: Duration
    /// How long recovery after a crash may take.
    public var recoveryLimit: Duration
    /// How long a fast shutdown may take before the server is told to abandon its work (which the next start recovers).
    public var stopLimit: Duration
    public var logger: Logger

    public init(
        lock: StateFolderLock, serverUser: String = "postgres", programs: FilePath? = nil, name: String = "track",
        folderAdvice: String = "choose another state folder", startLimit: Duration = .seconds(60),
        recoveryLimit: Duration = .seconds(900), stopLimit: Duration = .seconds(60), logger: Logger
    ) {
        self.lock = lock
        self.serverUser = serverUser
        self.programs = programs
        self.name = name
        self.folderAdvice = folderAdvice
        self.startLimit = startLimit
        self.recoveryLimit = recoveryLimit
        self.stopLimit = stopLimit
        self.logger = logger
    }
}
