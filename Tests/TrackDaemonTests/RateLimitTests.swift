import HTTPTypes
import Synchronization
import Testing

@testable import TrackAPI

@Suite struct RateLimitTests {
    @Test("a bucket gives its burst at once, then as much as flows in, and says when the next is there")
    func bucket() {
        var bucket = TokenBucket(perSecond: 2, burst: 3, now: .zero)
        #expect((0..<4).map { _ in bucket.take(at: .zero) } == [nil, nil, nil, .milliseconds(500)])
        #expect(bucket.take(at: .milliseconds(250)) == .milliseconds(250))
        #expect(bucket.take(at: .milliseconds(499)) != nil)
        #expect(bucket.take(at: .milliseconds(500)) == nil)
        #expect(bucket.take(at: .milliseconds(500)) != nil)
    }

    @Test("a long pause fills no more than the burst, and a moment out of order takes nothing back")
    func pauses() {
        var bucket = TokenBucket(perSecond: 10, burst: 2, now: .zero)
        #expect((0..<3).map { _ in bucket.take(at: .seconds(3600)) == nil } == [true, true, false])
        #expect(bucket.take(at: .seconds(10)) != nil)
        #expect(bucket.take(at: .seconds(3601)) == nil)
    }

    @Test("over any stretch no more pass than burst and flow together")
    func never() {
        var bucket = TokenBucket(perSecond: 100, burst: 20, now: .zero)
        let passed = (0..<5000).filter { bucket.take(at: .milliseconds($0)) == nil }.count
        #expect(passed == 20 + 499 || passed == 20 + 500)
    }

    @Test("each client has its own share, and each kind of request too")
    func apart() {
        let limits = RateLimits(claims: 1, writes: 1, reads: 1, failedAuthentications: 1)
        let limiter = RateLimiter(limits, now: { .zero })
        for _ in 0..<2 { #expect(limiter.count(.write, of: "a") == nil) }
        #expect(limiter.count(.write, of: "a") == .seconds(1))
        for kind in [RateLimiter.Kind.claim, .read, .lifeSign] { #expect(limiter.count(kind, of: "a") == nil, "\(kind)") }
        #expect(limiter.count(.write, of: "b") == nil)
        #expect(limiter.count(.failedAuthentication, of: "a") == nil)
        #expect(limiter.count(.failedAuthentication, of: "a") == .seconds(60))
    }

    @Test("ten thousand passing clients do not make one forget who has used up its share")
    func forgetting() {
        let clock = ManualTime()
        let limiter = RateLimiter(RateLimits(claims: 1, writes: 1, reads: 1, failedAuthentications: 1), now: { clock.now })
        #expect(limiter.count(.failedAuthentication, of: "one") == nil)
        for client in 0..<10_000 {
            if client % 1000 == 0 { clock.pass(.seconds(3)) }
            #expect(limiter.count(.read, of: "client \(client)") == nil)
        }
        #expect(limiter.count(.failedAuthentication, of: "one") != nil)
    }

    @Test(
        "signs of life are counted apart from what is recorded",
        arguments: [
            (HTTPRequest.Method.post, "/v1/jobs/claim", RateLimiter.Kind.claim), (.post, "/v1/jobs/{id}/attempts/{fence}/beat", .lifeSign),
            (.post, "/v1/jobs/{id}/attempts/{fence}/end", .lifeSign), (.post, "/v1/runs", .write), (.get, "/v1/runs/{id}", .read),
            (.delete, "/v1/anything", .write), (.get, "/v1/jobs/claim", .read), (.head, "/health", .read),
        ])
    func kinds(_ method: HTTPRequest.Method, _ route: String, _ kind: RateLimiter.Kind) {
        #expect(RateLimitMiddleware.kind(of: method, route: route) == kind)
    }
}

/// Time that passes when a test says so.
final class ManualTime: Sendable {
    private let value = Mutex(Duration.zero)
    var now: Duration { value.withLock { $0 } }
    func pass(_ duration: Duration) { value.withLock { $0 += duration } }
}
