import Testing
import TrackClient
import TrackCore
import TrackTestSupport

/// What the spool asks of the kernel, in which order: a power cut between any two of the calls leaves nothing or a whole record.
@Suite(.serialized) struct SpoolSystemCallTests {
    @Test("a record is a new file, synced, renamed into its place, and the place is synced")
    func order() throws {
        let scratch = try ScratchFolder()
        let spool = Spool(StateFolder(path: scratch.path), now: { Samples.time })
        let record = SpoolRecord(Samples.checkpoint(), at: Samples.time)
        // Makes the folders, which are not the question here.
        try spool.write(record)
        let calls = try SystemCalls.named(["openat", "fsync", "rename", "renameat", "renameat2"], about: scratch.path) {
            try spool.write(record)
        }
        let (draft, place) = ("\(scratch.path)/spool/tmp/", "\(scratch.path)/spool/new/")
        let created = try #require(calls.firstIndex { $0.contains("openat(") && $0.contains(draft) }, "\(calls)")
        for flag in ["O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC", "0600"] { #expect(calls[created].contains(flag), "\(calls[created])") }
        let synced = try #require(calls.firstIndex { $0.contains("fsync(") && $0.contains(draft) }, "\(calls)")
        let renamed = try #require(calls.firstIndex { $0.contains("rename") && $0.contains(draft) && $0.contains(place) }, "\(calls)")
        let placed = try #require(calls.lastIndex { $0.contains("fsync(") && $0.contains("/spool/new>") }, "\(calls)")
        #expect(created < synced && synced < renamed && renamed < placed, "\(calls)")
        #expect(calls.allSatisfy { !$0.contains("O_CREAT") || $0.contains(draft) }, "\(calls)")
    }
}
