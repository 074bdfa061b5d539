import FoundationEssentials
import NIOCore
package import TrackCore

extension DaemonClient {
    /// Records any number of runs, made while they are sent. `receive` gets the answer to each line, in their order, as soon as it is
    /// committed. The last answer may be a problem without a line: what had no answer by then is to be sent again.
    package func recordRuns(
        _ runs: some Sequence<RecordRunRequest> & Sendable, _ receive: (BulkAnswer) throws -> Void
    ) async throws {
        let route = Route(.post, ["v1", "runs", "bulk"], isRepeatable: false, limit: 24 * 3600)
        var rest: [UInt8] = []
        try await stream(route, body: .runs(runs)) { piece in
            rest += piece
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                try receive(try decode(BulkAnswer.self, from: Data(rest[start..<end]), route: route, status: 200))
                start = end + 1
            }
            rest.removeFirst(start)
        }
        guard rest.isEmpty else {
            throw UnexpectedAnswer(address: address, request: route.description, status: 200, detail: "it ends within a line")
        }
    }
}
