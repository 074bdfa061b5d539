import Testing
import TrackCore
import track

@testable import TrackEvaluators

@Suite struct DomainSourceTextTests {
    private func progress(_ change: (inout DomainReadProgress) -> Void) -> DomainReadProgress {
        var progress = DomainReadProgress(totalFiles: 4, totalFileBytes: 2000)
        change(&progress)
        return progress
    }

    @Test("a reading tells how far it is, in files, documents and bytes, and after a second how fast")
    func reading() {
        let begun = progress { _ in }
        #expect(DomainSourceText.reading(begun, seconds: 0) == "reading: 0 %, 0 of 4 files, 0 documents, 0 B")
        let half = progress { ($0.files, $0.documents, $0.bytes, $0.fileBytes) = (1, 1200, 5_000_000, 999) }
        #expect(DomainSourceText.reading(half, seconds: 0.9) == "reading: 49 %, 1 of 4 files, 1,200 documents, 5.0 MB")
        #expect(DomainSourceText.reading(half, seconds: 2) == "reading: 49 %, 1 of 4 files, 1,200 documents, 5.0 MB, 2.5 MB/s")
    }

    @Test("files without a size have no share of it")
    func empty() {
        let progress = DomainReadProgress(totalFiles: 1, totalFileBytes: 0)
        #expect(DomainSourceText.reading(progress, seconds: 5) == "reading: 0 of 1 file, 0 documents, 0 B, 0 B/s")
    }

    @Test("what is done with documents is counted")
    func counting() {
        #expect(DomainSourceText.counting("copying", 3, of: 12) == "copying 3 of 12 documents")
        #expect(DomainSourceText.counting("sending", 1200, of: 1200) == "sending 1,200 of 1,200 documents")
        #expect(DomainSourceText.counting("copying", 0, of: 1) == "copying 0 of 1 document")
    }
}
