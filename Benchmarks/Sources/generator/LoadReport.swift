#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a load saw. Latencies are from the first byte sent to the last byte received, in milliseconds.
struct LoadReport: Encodable {
    /// What is gathered while it runs.
    struct Samples {
        fileprivate var latencies: [Duration] = []
        fileprivate var records = 0
        fileprivate var answerBytes = 0
        fileprivate var refusals: [String] = []
        fileprivate let cpuBefore = processorTime()

        init() {}

        mutating func add(latency: Duration, records: Int, answerBytes: Int) {
            latencies.append(latency)
            self.records += records
            self.answerBytes += answerBytes
        }

        mutating func refuse(_ answer: String) { refusals.append(answer) }
    }

    var clients: Int
    var seconds: Double
    /// Answers that said what they should.
    var requests: Int
    /// The records in them.
    var records: Int
    var recordsPerSecond: Double
    var p50: Double?
    var p99: Double?
    var maximum: Double?
    /// The mean of the answers' bodies.
    var answerBytes: Int
    var refused: Int
    var firstRefusal: String?
    /// What the generator itself took while it sent, in CPU seconds.
    var generatorCPU: Double

    init(clients: Int, elapsed: Duration, samples: Samples) {
        let sorted = samples.latencies.map { $0 / .milliseconds(1) }.sorted()
        /// Nearest rank.
        func percentile(_ share: Double) -> Double? {
            sorted.isEmpty ? nil : sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
        }
        self.clients = clients
        seconds = elapsed / .seconds(1)
        requests = sorted.count
        records = samples.records
        recordsPerSecond = seconds > 0 ? Double(samples.records) / seconds : 0
        p50 = percentile(0.5)
        p99 = percentile(0.99)
        maximum = sorted.last
        answerBytes = samples.answerBytes / max(1, sorted.count)
        refused = samples.refusals.count
        firstRefusal = samples.refusals.first
        generatorCPU = processorTime() - samples.cpuBefore
    }

    private enum CodingKeys: String, CodingKey {
        case clients, seconds, requests, records, recordsPerSecond = "records_per_second", p50 = "p50_ms", p99 = "p99_ms",
            maximum = "max_ms", answerBytes = "answer_bytes", refused, firstRefusal = "first_refusal", generatorCPU = "generator_cpu_s"
    }
}

/// CPU seconds of this process.
private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
