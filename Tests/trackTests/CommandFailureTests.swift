import FoundationEssentials
import Testing
import TrackClient
import TrackCore
import track

@Suite struct CommandFailureTests {
    @Test("a record that could not be made durable is printed so that it can be brought back")
    func notDurable() throws {
        let record = SpoolRecord(
            AddCheckpointRequest(
                lineage: "l", checkpoint: CheckpointDescription(name: "c", uri: "file:///c", digest: Digest(ofText: "c"))),
            at: Timestamp(milliseconds: 1_795_000_000_000))
        let failure = CommandFailure(SpoolError.notDurable(record: record, cause: SystemFailure("write /s/tmp/x", code: 28)))
        #expect(failure.status == .notDurable)
        let printed = try #require(failure.message.split(separator: "\n").last)
        #expect(try Data(base64Encoded: String(printed)) == Data(record.frame))
        #expect(failure.message.contains("track spool requeue \(record.id)"))
    }

    @Test("a problem is told with its faults, field by field")
    func problem() {
        let problem = Problem(.invalid, "The request is not valid.", faults: [Fault(field: "/lineage", reason: "must not be empty")])
        let failure = CommandFailure(problem)
        #expect(failure.message == "The request is not valid.\n  /lineage must not be empty")
        #expect(failure.status == .failed)
    }

    @Test("an unreachable daemon ends with 69, a setting with 78")
    func statuses() {
        #expect(CommandFailure(DaemonUnreachable(address: .socket("/s"), reason: .noSocket)).status == .daemonUnreachable)
        #expect(CommandFailure(ClientConfigurationError("Set X.")).status == .configuration)
        #expect(CommandFailure(CommandFailure("done for", status: .usage)).status == .usage)
    }
}
