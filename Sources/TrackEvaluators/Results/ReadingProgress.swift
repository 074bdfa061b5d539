import Synchronization

/// How far a reading of files has come, for whoever watches.
package final class ReadingProgress: Sendable {
    private let done = Atomic<Int64>(0)
    private let all = Atomic<Int64>(0)
    private let watch: @Sendable (_ done: Int64, _ all: Int64) -> Void

    /// - Parameter watch: hears the bytes of the files that were read, compressed as they are, and those that there are.
    package init(watch: @escaping @Sendable (_ done: Int64, _ all: Int64) -> Void = { _, _ in }) { self.watch = watch }

    func begin(_ paths: [String]) {
        all.store(paths.reduce(0) { $0 + ((try? FileReader.stamp(of: $1).size) ?? 0) }, ordering: .relaxed)
    }

    @Sendable func advance(_ bytes: Int64) {
        let now = done.add(bytes, ordering: .relaxed).newValue
        watch(now, all.load(ordering: .relaxed))
    }
}
