import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where the private cluster keeps what, below the state folder.
struct ClusterFolder: Equatable {
    /// A Unix socket's path may be this long, in bytes; one more ends the string.
    static let longestSocketPath = 107
    static let port = 5432

    /// `<state>/postgres`, which belongs to the server's user.
    let base: FilePath
    /// The folder of the server's socket.
    let socket: FilePath

    var data: FilePath { base.appending("data") }
    var log: FilePath { base.appending("log") }

    /// The layout for a state folder: the socket lies beside the data, or in the first of `shortFolders` when its path would be too long.
    init(stateFolder: FilePath, name: String, user: ServerUser?) {
        base = stateFolder.appending("postgres")
        let beside = base.appending("socket")
        socket = Self.fits(beside) ? beside : Self.shortFolder(stateFolder: stateFolder, name: name, user: user)
    }

    static func fits(_ socketFolder: FilePath) -> Bool {
        socketFolder.appending(".s.PGSQL.\(port)").string.utf8.count <= longestSocketPath
    }

    /// A short folder that is this state folder's own: under root in `/run`, which only root writes; for a user in the session's folder;
    /// else in `/tmp`. Whoever owns it is checked when it is claimed.
    private static func shortFolder(stateFolder: FilePath, name: String, user: ServerUser?) -> FilePath {
        let mark = fingerprint(stateFolder.string)
        let uid = user?.uid ?? geteuid()
        if user != nil, let run = FileFacts.of("/run"), run.isDirectory, run.owner == 0 {
            return FilePath("/run/\(name)-\(mark)")
        }
        if user == nil, let session = FileFacts.of(FilePath("/run/user/\(uid)")), session.isDirectory, session.owner == uid {
            return FilePath("/run/user/\(uid)/\(name)-\(mark)")
        }
        return FilePath("/tmp/\(name)-\(uid)-\(mark)")
    }

    /// FNV-1a, 64 bits: a name, not a secret.
    private static func fingerprint(_ text: String) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 36)
    }

    /// Creates the folders and gives them to the server's user.
    func claim(user: ServerUser?) throws {
        for folder in [base, socket] {
            try PrivateFolder.claim(folder, owner: user?.uid ?? geteuid(), group: user?.gid ?? getegid())
        }
    }

    /// The major version that made the data; nil when there are none yet.
    func dataVersion() throws -> Int? {
        guard FileFacts.of(data) != nil else { return nil }
        let text = String(decoding: FileFacts.contents(of: data.appending("PG_VERSION"), limit: 16), as: UTF8.self)
        guard let version = Int(text.prefix { $0.isNumber }) else {
            throw PrivateClusterError(
                .folderRefused(data),
                """
                \(data) is there, but it is not a PostgreSQL data folder that this user can read (no PG_VERSION). \
                Move it away to begin with an empty database, or restore it from a backup.
                """)
        }
        return version
    }
}
