import Foundation
import Testing
import TrackTestSupport

@testable import TrackScorecards

@Suite("Publishing, as the kernel sees it", .serialized)
struct PublishingSystemCallTests {
    @Test("a page is a new file, synced, renamed over the old one, and the folder is synced")
    func order() throws {
        let folder = try Fixtures.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let publisher = ScorecardPublisher(folder: folder.path)
        try publisher.publish(Fixtures.index)
        let calls = try SystemCalls.named(["openat", "fsync", "rename", "renameat", "renameat2"], about: folder.path) {
            try publisher.publish(Fixtures.index)
        }
        let created = try #require(calls.firstIndex { $0.contains("openat(") && $0.contains(".index.html.") }, "\(calls)")
        for flag in ["O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC"] { #expect(calls[created].contains(flag), "\(calls[created])") }
        let synced = try #require(calls.firstIndex { $0.contains("fsync(") && $0.contains(".index.html.") }, "\(calls)")
        let renamed = try #require(calls.firstIndex { $0.contains("rename") && $0.contains("index.html\"") }, "\(calls)")
        let placed = try #require(calls.lastIndex { $0.contains("fsync(") && $0.contains("\(folder.path)>") }, "\(calls)")
        #expect(created < synced && synced < renamed && renamed < placed, "\(calls)")
    }
}
