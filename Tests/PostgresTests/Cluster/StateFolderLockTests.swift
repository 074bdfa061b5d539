import FoundationEssentials
import SystemPackage
import Testing

@testable import Postgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite struct StateFolderLockTests {
    @Test("a second holder is refused, told who holds it, and let in when the first is gone")
    func exclusive() throws {
        let scratch = try ClusterScratch()
        var first: StateFolderLock? = try StateFolderLock.acquire(scratch.folder)
        #expect(first?.folder == scratch.folder)
        let refused = StateFolderError.inUse(folder: scratch.folder, program: "trackd", pid: getpid())
        #expect(throws: refused) { try StateFolderLock.acquire(scratch.folder) }
        #expect("\(refused)".hasPrefix("another trackd (pid \(getpid())) already uses the state folder"))
        first = nil
        #expect(throws: Never.self) { try StateFolderLock.acquire(scratch.folder) }
    }

    @Test("a missing folder is created, and links and dots are resolved")
    func created() throws {
        let scratch = try ClusterScratch()
        let lock = try StateFolderLock.acquire(scratch.folder.appending("a/../b/c"))
        #expect(lock.folder == scratch.folder.appending("b/c"))
    }

    @Test("a program that is started does not inherit the lock")
    func notInherited() throws {
        let scratch = try ClusterScratch()
        let lock = try StateFolderLock.acquire(scratch.folder)
        var pid: pid_t = 0
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("600"), nil]
        defer { arguments.forEach { free($0) } }
        #expect(posix_spawn(&pid, "/bin/sleep", nil, nil, arguments, nil) == 0)
        defer {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        let inherited = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").filter {
            FileFacts.realPath(FilePath("/proc/\(pid)/fd/\($0)")) == lock.folder.appending("trackd.lock")
        }
        #expect(inherited.isEmpty)
    }

    @Test("a folder that cannot be made is refused by name")
    func unusable() throws {
        let scratch = try ClusterScratch()
        try Data().write(to: URL(filePath: scratch.folder.appending("file").string))
        let error = #expect(throws: StateFolderError.self) { try StateFolderLock.acquire(scratch.folder.appending("file/state")) }
        #expect(error.map { "\($0)".contains("\(scratch.folder)/file/state cannot be used") } == true)
        #expect(error.map { "\($0)".contains("Not a directory") } == true)
    }
}
