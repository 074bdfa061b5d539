import FoundationEssentials
import Glibc
import Testing

@testable import TrackEvaluators

@Suite struct WorkingFolderTests {
    @Test("an evaluator's folder is new, empty, and for its user alone", arguments: [false, true])
    func make(_ asOther: Bool) throws {
        let parent = try TemporaryFolder()
        let user = asOther && geteuid() == 0 ? RunAs(uid: 65534, gid: 65534) : nil
        let folder = try WorkingFolder.make(in: parent.path, for: user)
        var facts = stat()
        #expect(stat(folder.path, &facts) == 0)
        #expect(facts.st_mode & 0o7777 == 0o700)
        #expect(facts.st_uid == user?.uid ?? geteuid())
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        folder.remove()
        #expect(access(folder.path, F_OK) != 0)
    }

    @Test("what an evaluator leaves is removed with the folder; what its links lead to stays")
    func remove() throws {
        let parent = try TemporaryFolder()
        let outside = parent.path + "/outside"
        let files = FileManager.default
        try files.createDirectory(atPath: outside, withIntermediateDirectories: false)
        try Data("precious".utf8).write(to: URL(filePath: outside + "/file"))
        let folder = try WorkingFolder.make(in: parent.path, for: nil)
        try files.createDirectory(atPath: folder.path + "/a/b/c", withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(filePath: folder.path + "/a/b/c/x"))
        chmod(folder.path + "/a/b", 0o500)
        mkfifo(folder.path + "/a/pipe", 0o600)
        for name in ["link", "a/link", "a/b/c/link"] {
            try? files.createSymbolicLink(atPath: folder.path + "/" + name, withDestinationPath: outside)
        }
        chmod(folder.path + "/a/b", 0o700)
        folder.remove()
        #expect(access(folder.path, F_OK) != 0)
        #expect(try Data(contentsOf: URL(filePath: outside + "/file")) == Data("precious".utf8))
        // A link in the place of the folder itself is neither followed nor taken for it.
        symlink(outside, folder.path)
        folder.remove()
        #expect(access(outside + "/file", F_OK) == 0)
    }
}
