public import SystemPackage

/// Why the private cluster cannot run, as a kind for code and a sentence for people that says what to do.
public struct PrivateClusterError: Error, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The user that should run the server does not exist.
        case userMissing(String)
        /// The user that runs the server cannot pass through a folder above the data.
        case unreachable(FilePath)
        /// A folder is there, but it is not what it should be, or it is someone else's.
        case folderRefused(FilePath)
        /// No `postgres` and `initdb` were found.
        case programsMissing
        /// The data were made by another major version of PostgreSQL.
        case wrongVersion(data: Int, programs: Int)
        /// `initdb` failed; nothing was left behind.
        case creationFailed
        /// The server did not become ready.
        case startFailed
        /// A server of this folder from an earlier run does not end.
        case survivorStays(pid: Int32)
        /// The server ended while it was needed.
        case ended
    }

    public let kind: Kind
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
