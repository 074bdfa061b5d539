import Testing
import TrackCore

@testable import TrackJobs

@Suite struct AttemptEndingTests {
    private func decide(
        _ end: AttemptEnd, retry: Bool = true, cancelRequested: Bool = false, attempts: Int = 0, losses: Int = 0
    ) -> AttemptEnding {
        var generator = SplitMix(state: 1)
        return AttemptEnding.decide(
            end, retry: retry, cancelRequested: cancelRequested,
            budgets: JobBudgets(attempts: attempts, maximumAttempts: 3, losses: losses, maximumLosses: 5), policy: RetryPolicy(base: .zero),
            using: &generator)
    }

    @Test("every end of an attempt has its meaning for the job", arguments: AttemptEnd.allCases)
    func everyCase(end: AttemptEnd) {
        for retry in [true, false] {
            for cancelRequested in [true, false] {
                for attempts in 0..<3 {
                    for losses in 0..<5 {
                        let ending = decide(end, retry: retry, cancelRequested: cancelRequested, attempts: attempts, losses: losses)
                        let burnsAttempt = end == .evaluatorFailed || end == .timedOut
                        #expect(ending.attempts == (burnsAttempt ? attempts + 1 : attempts))
                        #expect(ending.losses == (end == .lost ? losses + 1 : losses))
                        if cancelRequested || end == .cancelled {
                            #expect(ending.next == .cancelled)
                        } else if (burnsAttempt && (!retry || attempts == 2)) || (end == .lost && losses == 4) {
                            #expect(ending.next == .failed)
                        } else {
                            #expect(ending.next == .queued(after: .zero))
                        }
                    }
                }
            }
        }
    }

    @Test("only a success has no end of this kind")
    func outcomes() {
        for outcome in AttemptOutcome.allCases {
            #expect(AttemptEnd(outcome)?.outcome == (outcome == .succeeded ? nil : outcome))
        }
    }

    @Test("delays grow by cause, stay under their ceilings and fill them")
    func delays() {
        let policy = RetryPolicy()
        #expect(policy.evaluatorCeilings == [.seconds(60), .seconds(600), .seconds(3600)])
        #expect(policy.lossCeilings == [60, 120, 240, 480, 900].map { .seconds($0) })
        var generator = SplitMix(state: 7)
        for ceilings in [policy.evaluatorCeilings, policy.lossCeilings] {
            for failures in 1...12 {
                let ceiling = ceilings[min(failures, ceilings.count) - 1]
                let delays = (0..<500).map { _ in policy.delay(after: failures, ceilings: ceilings, using: &generator) }
                #expect(delays.allSatisfy { $0 >= .zero && $0 <= ceiling })
                let low = delays.min() ?? .zero
                let high = delays.max() ?? .zero
                #expect(low < ceiling * 0.05 && high > ceiling * 0.95)
            }
        }
    }
}
