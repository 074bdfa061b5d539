import Testing
import TrackStore

@testable import TrackAlerts

@Suite struct DeliveryScheduleTests {
    @Test("a failed notification is tried ten times over three days, then given up")
    func waits() {
        let schedule = DeliverySchedule.standard
        var waited: [Duration] = []
        for attempt in 1...9 {
            let settlement = schedule.settlement(of: .retry(after: nil, reason: "no answer"), attempt: attempt)
            guard case .retry(let wait, "no answer") = settlement else {
                Issue.record("attempt \(attempt) is not the last")
                return
            }
            waited.append(wait)
        }
        #expect(waited == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map { .seconds($0) })
        for attempt in [10, 11, 1000] {
            let settlement = schedule.settlement(of: .retry(after: nil, reason: "no answer"), attempt: attempt)
            #expect(settlement == .failed(reason: "no answer; given up after \(attempt) attempts"))
        }
    }

    @Test("a receiver can ask for a longer wait, not for a shorter one")
    func asked() {
        let schedule = DeliverySchedule.standard
        #expect(schedule.settlement(of: .retry(after: .seconds(90), reason: "x"), attempt: 1) == .retry(after: .seconds(90), reason: "x"))
        #expect(schedule.settlement(of: .retry(after: .zero, reason: "x"), attempt: 1) == .retry(after: .seconds(5), reason: "x"))
    }

    @Test("delivered and gone are final at once", arguments: [1, 10])
    func final(attempt: Int) {
        #expect(DeliverySchedule.standard.settlement(of: .delivered, attempt: attempt) == .delivered)
        #expect(DeliverySchedule.standard.settlement(of: .gone(reason: "x"), attempt: attempt) == .failed(reason: "x"))
    }

    @Test("every status of a reply has its meaning")
    func replies() {
        for status in 100...599 {
            let delivery = WebhookReply.delivery(of: .init(status: status, retryAfter: nil))
            switch status {
            case 200...299: #expect(delivery == .delivered)
            case 410: #expect(delivery == .gone(reason: "the receiver answered 410: it wants no more of these"))
            default:
                guard case .retry(nil, let reason) = delivery else {
                    Issue.record("\(status) is tried again")
                    continue
                }
                #expect(reason.contains("\(status)"))
            }
        }
    }

    @Test("Retry-After is read in seconds and bounded by a day", arguments: [
        ("120", 120), ("0", 0), ("999999999", 86_400), ("-1", nil), ("soon", nil), ("Wed, 21 Oct 2026 07:28:00 GMT", nil),
    ] as [(String, Int?)])
    func retryAfter(text: String, seconds: Int?) {
        let delivery = WebhookReply.delivery(of: .init(status: 429, retryAfter: text))
        #expect(delivery == .retry(after: seconds.map { .seconds($0) }, reason: "the receiver answered 429"))
    }
}
