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

    /// The token that a request over TCP must carry; made at the first start, readable by this user only.
    static func adminToken(in folder: StateFolder) throws -> String {
        try SecretFile.createIfMissing(folder.adminToken) {
            var generator = SystemRandomNumberGenerator()
            let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let text = Data(bytes).base64EncodedString()
            return "trk_" + text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        return try SecretFile.read(folder.adminToken)
    }

    /// A folder for this user only, made when it is missing.
    static func privateFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        throw Fault(description: "The folder \(path) cannot be made: \(Errno(rawValue: errno)).")
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
        var facts = stat()
        guard lstat(short, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == uid, facts.st_mode & 0o077 == 0 else {
            throw Fault(description: "\(short) belongs to somebody else or is open to others: remove it, or choose a shorter state folder.")
        }
        let path = short + "/trackd.sock"
        unlink(path)
        try SecretFile.createIfMissing(folder.addressFile) { path }
        return path
    }
}
