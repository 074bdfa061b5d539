import Glibc

/// Removes a folder that belongs to somebody less privileged, who may be changing it at this very moment.
///
/// Whoever removes by path can be led elsewhere by a link that takes a folder's place in between. Here every step goes through the open
/// folder above it and follows no link, so that nothing outside is touched, whatever happens meanwhile.
enum FolderRemoval {
    /// What cannot be removed stays.
    static func remove(_ path: String) {
        empty(open(path, flags), depth: 0)
        rmdir(path)
    }

    private static let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    /// Deeper than any program nests its files; a deeper one would use up this process's open files.
    private static let deepest = 64

    private static func empty(_ descriptor: Int32, depth: Int) {
        guard descriptor >= 0, depth < deepest, let folder = fdopendir(descriptor) else {
            if descriptor >= 0 { close(descriptor) }
            return
        }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            // A name of the kernel's: shorter than 256 bytes and with a NUL at its end.
            withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    guard strcmp(name, ".") != 0, strcmp(name, "..") != 0, unlinkat(descriptor, name, 0) != 0 else { return }
                    empty(openat(descriptor, name, flags), depth: depth + 1)
                    unlinkat(descriptor, name, AT_REMOVEDIR)
                }
            }
        }
    }
}
