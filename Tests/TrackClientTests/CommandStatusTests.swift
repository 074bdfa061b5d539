import Testing
import TrackClient
import TrackCore

@Suite struct CommandStatusTests {
    @Test("every kind of problem has its status", arguments: Problem.Kind.allCases)
    func problems(_ kind: Problem.Kind) {
        let expected: CommandStatus = kind == .unauthenticated || kind == .forbidden ? .configuration : .failed
        #expect(CommandStatus.of(Problem(kind, "x")) == expected)
    }

    @Test("the numbers are the promised ones")
    func numbers() {
        #expect(CommandStatus.done.rawValue == 0)
        #expect(CommandStatus.failed.rawValue == 1)
        #expect(CommandStatus.usage.rawValue == 64)
        #expect(CommandStatus.daemonUnreachable.rawValue == 69)
        #expect(CommandStatus.notDurable.rawValue == 74)
        #expect(CommandStatus.configuration.rawValue == 78)
    }

    @Test("what a person reads has no name of a type in it")
    func sentences() {
        let errors: [any Error] = [
            DaemonUnreachable(address: .socket("/s"), reason: .refused), ClientConfigurationError("Set X."),
            UnexpectedAnswer(address: .network("http://h:1"), request: "GET /v1/status", status: 200, detail: "it is not valid JSON"),
            SpoolError.unusable(folder: "/s", cause: SystemFailure("write /s/x", code: 13)),
        ]
        for error in errors {
            let text = String(describing: error)
            #expect(!text.contains("Error(") && !text.contains("Track") && text.hasSuffix("."))
        }
    }
}
