import Postgres
import SystemPackage
import Testing
import TrackCore

@testable import TrackAPI
@testable import TrackDaemon

@Suite struct ProblemTests {
    @Test("an answer's status says whether the same request can succeed later")
    func mapping() {
        func server(_ state: String) -> PostgresError { PostgresError(.server, "x", sqlState: SQLState(rawValue: state)) }
        let cases: [(any Error, Int)] = [
            (Problem(.conflict, "x"), 409), (CancellationError(), 503), (Errno.noSpace, 503), (Errno.badFileDescriptor, 500),
            (PostgresError(.commitInDoubt, "x"), 503), (PostgresError(.connectionLost, "x"), 503), (PostgresError(.poolTimedOut, "x"), 503),
            (PostgresError(.deadlineExceeded, "x"), 503), (PostgresError(.encoding, "x"), 422), (PostgresError(.misuse, "x"), 500),
            // disk_full, out_of_memory, numeric_value_out_of_range, check_violation
            (server("53100"), 503), (server("53200"), 503), (server("22003"), 422), (server("23514"), 500),
        ]
        for (error, status) in cases { #expect(ProblemMiddleware.problem(of: error).status == status, "\(error)") }
    }

    @Test("an error of our own says nothing of the inside")
    func discretion() {
        struct Inner: Error {}
        let problem = ProblemMiddleware.problem(of: Inner())
        #expect(problem.status == 500)
        #expect(!problem.detail.contains("Inner"))
        #expect(!Daemon.sentence(of: Inner()).contains("Inner"))
    }
}
