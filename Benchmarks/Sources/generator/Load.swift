#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A closed loop: every client sends its next request as soon as the last one is answered.
struct Load {
    let address: ServerAddress
    let clients: Int
    let duration: Duration
    /// The most requests that are sent.
    let requests: Int
    /// What an answer must hold, once for every record of its request, to count.
    let expected: String

    /// A request on its way.
    private struct Flight {
        var begun: ContinuousClock.Instant
        var records: Int
    }

    func run(from source: inout RequestSource) throws -> LoadReport {
        var connections = try (0..<clients).map { _ in try Connection(to: address) }
        defer { for connection in connections { connection.end() } }
        let pattern = Array(expected.utf8)
        let clock = ContinuousClock()
        var flights = [Flight?](repeating: nil, count: clients)
        var samples = LoadReport.Samples()
        let start = clock.now
        let deadline = start + duration
        var end = start
        var remaining = requests

        func beginNext(_ index: Int) throws {
            flights[index] = nil
            guard remaining > 0, clock.now < deadline, let request = source.request() else { return }
            remaining -= 1
            flights[index] = Flight(begun: clock.now, records: request.records)
            try connections[index].begin(request.bytes)
        }

        for index in connections.indices { try beginNext(index) }
        while flights.contains(where: { $0 != nil }) {
            for index in try wait(for: connections, flights) {
                guard let flight = flights[index], let answer = try connections[index].advance() else { continue }
                end = clock.now
                if answer.status == 200, pattern.isEmpty || answer.body.occurrences(of: pattern) == flight.records {
                    samples.add(latency: end - flight.begun, records: flight.records, answerBytes: answer.body.count)
                } else {
                    samples.refuse("\(answer.status) \(String(decoding: answer.body.prefix(300), as: UTF8.self))")
                }
                try beginNext(index)
            }
        }
        return LoadReport(clients: clients, elapsed: end - start, samples: samples)
    }

    /// MLflow needs most of a minute to read a thousand runs.
    private static let patience = Duration.seconds(300)

    /// The indices of the connections that can go on.
    private func wait(for connections: [Connection], _ flights: [Flight?]) throws -> [Int] {
        let waiting = flights.indices.filter { flights[$0] != nil }
        var entries = waiting.map {
            pollfd(fd: connections[$0].descriptor, events: Int16(connections[$0].wantsToSend ? POLLIN | POLLOUT : POLLIN), revents: 0)
        }
        let count = poll(&entries, nfds_t(entries.count), Int32(Self.patience / .milliseconds(1)))
        if count < 0, errno == EINTR { return [] }
        guard count > 0 else { throw LoadError("The server has not answered for \(Self.patience).") }
        return zip(waiting, entries).filter { $0.1.revents != 0 }.map(\.0)
    }
}
