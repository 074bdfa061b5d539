import Glibc
import SystemPackage

/// What tells one state of a file from another without reading it: when any of this moves, the content may have moved too.
package struct FileStamp: Hashable, Sendable {
    package let size: Int64
    let device: UInt64
    let inode: UInt64
    /// Nanoseconds since 1970, of the content and of the file's entry.
    let modified: Int64
    let changed: Int64

    /// What tells one file or folder from every other.
    struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    var identity: Identity { Identity(device: device, inode: inode) }

    init(_ stat: Stat) {
        size = stat.size
        device = UInt64(stat.deviceID.rawValue)
        inode = UInt64(stat.inode.rawValue)
        modified = Int64(stat.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(stat.st_mtim.tv_nsec)
        changed = Int64(stat.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(stat.st_ctim.tv_nsec)
    }
}
