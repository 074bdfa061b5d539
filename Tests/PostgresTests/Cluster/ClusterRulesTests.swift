import FoundationEssentials
import Subprocess
import SystemPackage
import Testing

@testable import Postgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The decisions that need no server.
@Suite struct ClusterRulesTests {
    @Test("postmaster.pid is read at every stage of a start")
    func postmasterFile() {
        let early = "4711\n/d\n1700000000\n5432\n/s\n"
        #expect(PostmasterFile(Array(early.utf8))?.pid == 4711)
        #expect(PostmasterFile(Array(early.utf8))?.status == .starting)
        #expect(PostmasterFile(Array((early + "\n  1 2\nstarting\n").utf8))?.status == .starting)
        #expect(PostmasterFile(Array((early + "\n  1 2\nready   \n").utf8))?.status == .ready)
        #expect(PostmasterFile(Array((early + "\n  1 2\nstopping\n").utf8))?.status == .stopping)
        #expect(PostmasterFile(Array("-12\n/d\n".utf8))?.pid == -12)
        #expect(PostmasterFile([]) == nil)
        #expect(PostmasterFile(Array("x\n".utf8)) == nil)
    }

    @Test(
        "the major version is read from what the server says",
        arguments: [
            ("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", 15), ("postgres (PostgreSQL) 18beta1\n", 18),
            ("postgres (PostgreSQL) 9.6.24", 9),
        ])
    func version(_ text: String, _ version: Int) {
        #expect(ServerPrograms.version(in: text) == version)
    }

    @Test("no version is read from something else")
    func noVersion() {
        #expect(ServerPrograms.version(in: "") == nil)
        #expect(ServerPrograms.version(in: "psql 15.2") == nil)
    }

    @Test("a known cause in the log is explained, with at most the last twenty lines")
    func explanation() {
        let noise = (1...30).map { "line \($0)" }.joined(separator: "\n")
        let text = ServerLog.explanation(of: noise + "\nPANIC: could not write: No space left on device\n", file: "/x/log")
        #expect(text.hasPrefix("The disk is full: free space"))
        #expect(!text.contains("line 11\n") && text.contains("line 12\n"))
        #expect(ServerLog.explanation(of: "", file: "/x/log") == "Its log /x/log says nothing.")
    }

    @Test("the socket stays beside the data up to 107 bytes of path")
    func socketPath() {
        let suffix = "/postgres/socket/.s.PGSQL.5432".utf8.count
        let fitting = FilePath("/" + String(repeating: "x", count: ClusterFolder.longestSocketPath - suffix - 1))
        let long = FilePath(fitting.string + "x")
        #expect(ClusterFolder(stateFolder: fitting, name: "track", user: nil).socket == fitting.appending("postgres/socket"))
        let short = ClusterFolder(stateFolder: long, name: "track", user: nil).socket
        #expect(ClusterFolder.fits(short))
        #expect(short != ClusterFolder(stateFolder: long.appending("y"), name: "track", user: nil).socket)
    }

    @Test("a private folder is created closed, and an open one of ours is closed")
    func privateFolder() throws {
        let scratch = try ClusterScratch()
        let folder = scratch.folder.appending("private")
        for _ in 1...2 {
            try PrivateFolder.claim(folder, owner: geteuid(), group: getegid())
            #expect(FileFacts.of(folder)?.permissions == 0o700)
            #expect(chmod(folder.string, 0o777) == 0)
        }
    }

    @Test("a link, a file and a folder of someone else are refused")
    func privateFolderRefused() throws {
        let scratch = try ClusterScratch()
        let target = scratch.folder.appending("target")
        try PrivateFolder.claim(target, owner: geteuid(), group: getegid())
        let link = scratch.folder.appending("link")
        #expect(symlink(target.string, link.string) == 0)
        let file = scratch.folder.appending("file")
        try Data().write(to: URL(filePath: file.string))
        for path in [link, file] {
            let error = #expect(throws: PrivateClusterError.self) {
                try PrivateFolder.claim(path, owner: geteuid(), group: getegid())
            }
            #expect(error?.kind == .folderRefused(path))
        }
        if geteuid() == 0 {
            #expect(chown(target.string, 65_534, 65_534) == 0)
            let error = #expect(throws: PrivateClusterError.self) { try PrivateFolder.claim(target, owner: 0, group: 0) }
            #expect(error?.description.contains("belongs to another user (uid 65534") == true)
        }
    }

    @Test("a number that belongs to another process is not taken for the server")
    func foreignProcess() {
        #expect(!ServerProcess.isPostmaster(getpid(), of: "/tmp"))
        #expect(!ServerProcess.isPostmaster(1, of: "/tmp"))
    }

    @Test("another user is left to setpriv, never to the platform options, whose change of user can wait for ever")
    func otherUser() {
        let user = ServerUser(name: "postgres", uid: 101, gid: 104)
        let other = ServerCommand.configuration("/bin/true", ["x"], as: user)
        #expect(other.platformOptions.userID == nil && other.platformOptions.groupID == nil)
        #expect(other.platformOptions.supplementaryGroups == nil)
        #expect(other.arguments == ["--reuid=101", "--regid=104", "--clear-groups", "--", "/bin/true", "x"])
        #expect(ServerCommand.configuration("/bin/true", ["x"], as: nil).arguments == ["x"])
    }
}
