import FoundationEssentials
import SystemPackage
import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Prepares what lies in the state folder besides the database.
enum StateFolderSetup {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// A folder for this user only, made when it is missing. One that somebody else made, or may write, is not used.
    static func privateFolder(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw Fault(description: "The folder \(path) cannot be made: \(Errno(rawValue: errno)).")
        }
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid(), facts.st_mode & 0o077 == 0 else {
            throw Fault(description: "\(path) belongs to somebody else or is open to others: remove it, or choose another state folder.")
        }
    }

    /// A folder for everybody to read, made with those above it when it is missing.
    static func publicFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Fault(description: "The folder \(path) for scorecards cannot be made. Choose another with TRACK_SCORECARDS_FOLDER.")
        }
    }

    /// Where the daemon's Unix socket goes: into the state folder, or, when that path is longer than the kernel takes, into a short private
    /// folder, whose name the file `trackd.address` then holds.
    static func socketPath(for folder: StateFolder, uid: UInt32) throws -> String {
        unlink(folder.addressFile)
        if StateFolder.isSocketPathShortEnough(folder.socket) {
            unlink(folder.socket)
            return folder.socket
        }
        let short = "/tmp/track-\(uid)-\(Digest(ofText: folder.path).short)"
        try privateFolder(short)
        let path = short + "/trackd.sock"
        unlink(path)
        try SecretFile.replace(folder.addressFile, with: path)
        return path
    }
}
