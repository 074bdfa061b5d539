import Dispatch
import Glibc
import ParserProperties
import Synchronization

/// libFuzzer around the properties of our parsers: `fuzz TARGET [libFuzzer's own arguments]`. `scripts/fuzz` builds and runs it.
///
/// With `fuzz TARGET --seeds FOLDER` it writes the target's seeds into a folder; with `fuzz --list` it names the targets.
@main
enum Fuzz {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "--list" {
            for property in ParserProperty.all { print(property.name) }
            return
        }
        guard let property = ParserProperty.all.first(where: { $0.name == arguments.first }) else {
            print("fuzz: the first argument names a target; --list shows them")
            exit(64)
        }
        if arguments.dropFirst().first == "--seeds", let folder = arguments.last {
            return try write(try property.seeds(), in: folder)
        }
        target.property = property
        // libFuzzer gets its own arguments, as C hands them over.
        var words = (CommandLine.arguments.prefix(1) + arguments.dropFirst()).map { strdup($0) } + [nil]
        var count = CInt(words.count - 1)
        let status = words.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            return withUnsafeMutablePointer(to: &base) { runDriver(&count, $0, lookAt) }
        }
        exit(status)
    }

    private static func write(_ seeds: [[UInt8]], in folder: String) throws {
        for (number, seed) in seeds.enumerated() {
            let file = open("\(folder)/seed-\(number)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            guard file >= 0, Glibc.write(file, seed, seed.count) == seed.count else {
                print("fuzz: cannot write into \(folder)")
                exit(74)
            }
            close(file)
        }
    }
}

/// What is fuzzed. Set once, before libFuzzer begins; libFuzzer calls from one thread.
private final class Target: @unchecked Sendable {
    var property: ParserProperty?
    /// How a failing input is shown.
    func look(_ bytes: [UInt8]) {
        guard let property else { return }
        let error = here.run { () async -> String? in
            do { _ = try await property.holds(bytes) } catch { return "\(error)" }
            return nil
        }
        if let error {
            print("\(property.name): \(error)\n\(String(decoding: bytes.prefix(2000), as: UTF8.self).debugDescription)")
            fflush(nil)
            abort()
        }
    }

    private let here = CallersThread()
}

/// Runs a task on the thread that waits for it: handing an input to another thread and back costs more than reading it.
private final class CallersThread: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var result: String??
    }

    private let state = Mutex(State())
    private let changed = DispatchSemaphore(value: 0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        changed.signal()
    }

    func run(_ body: @escaping @Sendable () async -> String?) -> String? {
        state.withLock { $0.result = nil }
        Task(executorPreference: self) {
            let result = await body()
            self.state.withLock { $0.result = .some(result) }
        }
        while true {
            changed.wait()
            let job = state.withLock { $0.jobs.removeFirst() }
            job.runSynchronously(on: asUnownedTaskExecutor())
            if let result = state.withLock({ $0.result }) { return result }
        }
    }
}

private let target = Target()

private func lookAt(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.look(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_silgen_name("LLVMFuzzerMutate")
private func changeBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int) -> Int

/// libFuzzer asks this for every new input: half of them are changes of the JSON, half libFuzzer's own changes of bytes.
@_cdecl("LLVMFuzzerCustomMutator")
public func change(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32) -> Int {
    guard seed & 1 == 0 else { return changeBytes(bytes, count, limit) }
    var mutation = JSONMutation(using: Xorshift(seed))
    let changed = mutation.change(Array(UnsafeBufferPointer(start: bytes, count: count))).prefix(limit)
    for (index, byte) in changed.enumerated() { bytes[index] = byte }
    return changed.count
}

/// Marsaglia's xorshift64: quick, and good enough to choose a change.
private struct Xorshift: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt32) { state = UInt64(seed) << 17 | 0x9e37_79b9 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
