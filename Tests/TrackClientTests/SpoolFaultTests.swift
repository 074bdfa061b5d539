import Glibc
import Synchronization
import Testing
import TrackClient
import TrackCore

@Suite struct SpoolFaultTests {
    @Test("one failure of any step is survived by a second, new file", arguments: SpoolStep.ofWriting)
    func once(_ step: SpoolStep) throws {
        let scratch = try ScratchFolder()
        let failed = Atomic(false)
        let spool = Spool(StateFolder(path: scratch.path), now: { Samples.time }) { next in
            next == step && !failed.exchange(true, ordering: .relaxed) ? EIO : nil
        }
        try spool.write(SpoolRecord(Samples.checkpoint(), at: Samples.time))
        let wasAsked = failed.load(ordering: .relaxed)
        #expect(wasAsked)
        #expect(scratch.names("spool/new").count == 1)
        #expect(scratch.names("spool/tmp") == [])
    }

    @Test("a step that fails twice hands the whole record back, and `tmp` stays clean", arguments: SpoolStep.ofWriting)
    func twice(_ step: SpoolStep) throws {
        let scratch = try ScratchFolder()
        let spool = Spool(StateFolder(path: scratch.path), now: { Samples.time }) { $0 == step ? ENOSPC : nil }
        let error = try #require(throws: SpoolError.self) { try spool.write(SpoolRecord(Samples.checkpoint(), at: Samples.time)) }
        guard case .notDurable(let record, let cause) = error else {
            Issue.record("another error: \(error)")
            return
        }
        #expect(cause.code == ENOSPC)
        #expect(try String(decoding: record.frame, as: UTF8.self).contains("checkpoint-120"))
        #expect(CommandStatus.of(error) == .notDurable)
        #expect(error.description.contains("No space left on device"))
        #expect(scratch.names("spool/tmp") == [])
    }

    @Test("a spool folder that cannot be made is named, with what to do")
    func unusableFolder() throws {
        let scratch = try ScratchFolder()
        try scratch.write("spool", "a file where the folder should be")
        let spool = Spool(StateFolder(path: scratch.path), now: { Samples.time })
        let error = try #require(throws: SpoolError.self) { try spool.check() }
        #expect(CommandStatus.of(error) == .failed)
        #expect(error.description.contains("TRACK_STATE_FOLDER"))
    }
}

extension SpoolStep {
    /// Those that a write goes through.
    static let ofWriting: [SpoolStep] = [
        .makeFolder, .create, .write, .writeHeader, .sync, .close, .rename, .openFolder, .syncFolder,
    ]
}
