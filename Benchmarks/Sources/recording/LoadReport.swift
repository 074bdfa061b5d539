#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a load saw. Latencies are from the first byte sent to the last byte received, in milliseconds.
struct LoadReport: Encodable {
    var clients: Int
    var seconds: Double
    /// Answers that said what they should.
    var requests: Int
    var requestsPerSecond: Double
    var p50: Double?
    var p99: Double?
    var maximum: Double?
    var refused: Int
    var firstRefusal: String?
    /// What the generator itself took, in CPU seconds.
    var generatorCPU: Double

    init(clients: Int, elapsed: Duration, latencies: [Duration], refusals: [String]) {
        let sorted = latencies.map { $0 / .milliseconds(1) }.sorted()
        /// Nearest rank.
        func percentile(_ share: Double) -> Double? {
            sorted.isEmpty ? nil : sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
        }
        self.clients = clients
        seconds = elapsed / .seconds(1)
        requests = sorted.count
        requestsPerSecond = seconds > 0 ? Double(sorted.count) / seconds : 0
        p50 = percentile(0.5)
        p99 = percentile(0.99)
        maximum = sorted.last
        refused = refusals.count
        firstRefusal = refusals.first
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        generatorCPU = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private enum CodingKeys: String, CodingKey {
        case clients, seconds, requests, requestsPerSecond = "requests_per_second", p50 = "p50_ms", p99 = "p99_ms", maximum = "max_ms",
            refused, firstRefusal = "first_refusal", generatorCPU = "generator_cpu_s"
    }
}
