import Synchronization
import TrackCore

/// How far a scan has come, for whoever watches.
package final class ScanProgress: Sendable {
    private let read = Atomic<Int64>(0)
    private let done = Atomic<Int>(0)
    private let all = Atomic<Int>(0)

    package init() {}

    /// Of the training text, unpacked.
    package var bytes: Int64 { read.load(ordering: .relaxed) }
    package var files: (done: Int, all: Int) { (done.load(ordering: .relaxed), all.load(ordering: .relaxed)) }

    func begin(files: Int) { all.store(files, ordering: .relaxed) }
    func add(bytes: Int) { read.add(Int64(bytes), ordering: .relaxed) }
    func finishFile() { done.add(1, ordering: .relaxed) }
}

/// What reading the training text brought.
struct TrainingScan: Sendable {
    /// Of the set's paragraphs by number: where the training text has it first.
    var places: [Int32: String] = [:]
    var bytes: Int64 = 0
    var brokenLines = 0
    /// Paragraphs of the training text that passed the filter, and those that really are the set's.
    var passed = 0
    var confirmed = 0
    var digest = Digest(ofText: "")

    /// Reads every file once, as many at a time as there are processors.
    static func run(_ text: TrainingText, for index: ParagraphIndex, processors: Int, progress: ScanProgress) async throws -> TrainingScan {
        progress.begin(files: text.files.count)
        let results = try await withThrowingTaskGroup(of: (Int, FileScan).self) { group in
            var results = [FileScan?](repeating: nil, count: text.files.count)
            for (number, file) in text.files.enumerated() {
                if number >= max(1, processors), let (done, result) = try await group.next() { results[done] = result }
                group.addTask { (number, try await FileScan(file, for: index, progress: progress)) }
            }
            for try await (done, result) in group { results[done] = result }
            return results.compactMap { $0 }
        }
        var scan = TrainingScan()
        for (file, result) in zip(text.files, results) {
            for (number, line) in result.lines where scan.places[number] == nil { scan.places[number] = "\(file.path):\(line)" }
            scan.bytes += result.bytes
            scan.brokenLines += result.brokenLines
            scan.passed += result.passed
            scan.confirmed += result.confirmed
        }
        var digest = DigestStream()
        for file in results.map(\.digest).sorted() { digest.update(file.bytes) }
        scan.digest = digest.finish()
        return scan
    }
}

/// What reading one file brought.
private struct FileScan: Sendable {
    /// The first line of each paragraph that was found.
    private(set) var lines: [Int32: Int] = [:]
    private(set) var bytes: Int64 = 0
    private(set) var passed = 0
    private(set) var confirmed = 0
    let brokenLines: Int
    let digest: Digest

    init(_ file: TrainingFile, for index: ParagraphIndex, progress: ScanProgress) async throws {
        var scanner = TrainingScanner(form: file.form, lengths: index.lengths)
        var content = DigestStream()
        var (lines, bytes, passed, confirmed) = ([Int32: Int](), Int64(0), 0, 0)
        func look(_ paragraph: UnsafeRawBufferPointer, _ line: Int) {
            let found = index.look(for: paragraph)
            guard found.passed else { return }
            passed += 1
            guard let number = found.number else { return }
            confirmed += 1
            if lines[number] == nil { lines[number] = line }
        }
        try await TrainingFileReader.read(file) { piece in
            try Task.checkCancellation()
            content.update(pointer: piece)
            scanner.append(piece, look)
            bytes += Int64(piece.count)
            progress.add(bytes: piece.count)
        }
        scanner.finish(look)
        progress.finishFile()
        (self.lines, self.bytes, self.passed, self.confirmed) = (lines, bytes, passed, confirmed)
        brokenLines = scanner.brokenLines
        digest = content.finish()
    }
}
