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
    /// What an answer must hold to count.
    let expected: String

    func run(from source: inout RequestSource) throws -> LoadReport {
        var connections = try (0..<clients).map { _ in try Connection(to: address) }
        defer { for connection in connections { connection.end() } }
        let expectedBytes = Array(expected.utf8)
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start + duration
        var begun = [ContinuousClock.Instant?](repeating: nil, count: clients)
        var latencies: [Duration] = []
        var refusals: [String] = []
        var end = start

        func beginNext(_ index: Int, on connection: inout Connection) -> Bool {
            guard clock.now < deadline, let request = source.request() else {
                begun[index] = nil
                return false
            }
            connection.begin(request)
            begun[index] = clock.now
            return true
        }

        var ready = Array(0..<clients)
        for index in ready { _ = beginNext(index, on: &connections[index]) }
        while begun.contains(where: { $0 != nil }) {
            for index in ready {
                guard let started = begun[index] else { continue }
                guard case .answered(let status, let body) = try connections[index].advance() else { continue }
                end = clock.now
                if status == 200, expectedBytes.isEmpty || body.firstRange(of: expectedBytes) != nil {
                    latencies.append(end - started)
                } else {
                    refusals.append("\(status) \(String(decoding: body.prefix(300), as: UTF8.self))")
                }
                if beginNext(index, on: &connections[index]) { _ = try connections[index].advance() }
            }
            ready = try wait(for: connections, begun: begun)
        }
        return LoadReport(clients: clients, elapsed: end - start, latencies: latencies, refusals: refusals)
    }

    /// The indices of the connections that can go on.
    private func wait(for connections: [Connection], begun: [ContinuousClock.Instant?]) throws -> [Int] {
        let waiting = begun.indices.filter { begun[$0] != nil }
        guard !waiting.isEmpty else { return [] }
        var entries = waiting.map {
            pollfd(fd: connections[$0].descriptor, events: Int16(connections[$0].wantsToSend ? POLLOUT : POLLIN), revents: 0)
        }
        let count = poll(&entries, nfds_t(entries.count), 60_000)
        if count < 0, errno == EINTR { return [] }
        guard count > 0 else { throw LoadError("The server has not answered for 60 seconds.") }
        return zip(waiting, entries).filter { $0.1.revents != 0 }.map(\.0)
    }
}
