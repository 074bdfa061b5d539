import Synchronization
import Testing
import TrackCore
import TrackStore

@testable import TrackAPI

@Suite struct TokenBookTests {
    /// A database of one token, a clock that a test moves, and what was asked and noted.
    private final class Desk: Sendable {
        struct State {
            var recorded: RecordedToken?
            var asked = 0
            var noted = 0
            var elapsed = Duration.zero
            var whileAsked: (@Sendable () -> Void)?
        }

        let token = AccessToken.make()
        let state = Mutex(State())
        static let now = Timestamp(milliseconds: 1_795_000_000_000)

        func record(
            expires: Timestamp? = nil, used: Timestamp? = Desk.now, revoked: Timestamp? = nil, attempt: AttemptReference? = nil,
            ended: Bool = false
        ) {
            let recorded = RecordedToken(
                id: token.id, digest: token.digest, name: "ci", role: .submitter, expiresAt: expires, lastUsedHour: used,
                revokedAt: revoked, attempt: attempt, hasAttemptEnded: ended)
            state.withLock { $0.recorded = recorded }
        }

        func book() -> TokenBook {
            let start = ContinuousClock.now
            return TokenBook(
                find: { id in
                    let (found, meanwhile) = self.state.withLock { state in
                        state.asked += 1
                        return (state.recorded.flatMap { $0.id == id ? $0 : nil }, state.whileAsked)
                    }
                    meanwhile?()
                    return found
                },
                noteUse: { _ in self.state.withLock { $0.noted += 1 } }, now: { Self.now },
                clock: { start + self.state.withLock { $0.elapsed } })
        }

        var asked: Int { state.withLock { $0.asked } }
        var noted: Int { state.withLock { $0.noted } }
        func pass(_ time: Duration) { state.withLock { $0.elapsed += time } }
    }

    private func refusal(_ book: TokenBook, _ text: String) async throws -> Problem? {
        do {
            _ = try await book.principal(showing: text)
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    @Test("a token is looked up once in some seconds, however often it is shown")
    func kept() async throws {
        let desk = Desk()
        desk.record()
        let book = desk.book()
        for _ in 0..<10 { #expect(try await book.principal(showing: desk.token.text).name == "ci") }
        #expect(desk.asked == 1)
        desk.pass(TokenBook.lifetime)
        _ = try await book.principal(showing: desk.token.text)
        #expect(desk.asked == 2)
    }

    @Test("a revocation takes effect at once, also when the token was just being looked up")
    func revoked() async throws {
        let desk = Desk()
        desk.record()
        let book = desk.book()
        _ = try await book.principal(showing: desk.token.text)
        desk.record(revoked: Desk.now)
        book.forget(desk.token.id)
        #expect(try await refusal(book, desk.token.text)?.status == 401)

        let other = Desk()
        other.record()
        let late = other.book()
        other.state.withLock {
            $0.whileAsked = {
                other.record(revoked: Desk.now)
                late.forget(other.token.id)
            }
        }
        // This one was let in by what was true when it asked; the next one is not.
        _ = try await late.principal(showing: other.token.text)
        #expect(try await refusal(late, other.token.text)?.detail.contains("was revoked") == true)
    }

    @Test("who does not know the secret is told nothing of the token; who does is told what became of it")
    func reasons() async throws {
        let desk = Desk()
        let book = desk.book()
        let unknown = try #require(try await refusal(book, desk.token.text))
        _ = try await refusal(book, desk.token.text)
        #expect(desk.asked == 2, "what nobody has is not kept: whoever guesses must not fill the memory")
        #expect(unknown.type == .unauthenticated && unknown.detail.contains("trackd token create"))
        desk.record(expires: Desk.now)
        let expired = try #require(try await refusal(desk.book(), desk.token.text))
        #expect(expired.status == 401 && expired.detail.contains("expired at") && expired.detail.contains("ci"))
        let near = String(desk.token.text.dropLast()) + (desk.token.text.hasSuffix("A") ? "B" : "A")
        for wrong in [near, "trk_\(desk.token.id)_", "", String(desk.token.text.dropFirst(4))] {
            #expect(try await refusal(desk.book(), wrong) == unknown)
        }
        desk.record(expires: Desk.now.adding(seconds: 1))
        #expect(try await refusal(desk.book(), desk.token.text) == nil)
    }

    @Test("an expiry is seen in a page that is still believed")
    func expiry() async throws {
        let desk = Desk()
        desk.record(expires: Timestamp(milliseconds: Desk.now.milliseconds + 2000))
        let now = Mutex(Desk.now)
        let book = TokenBook(
            find: { _ in desk.state.withLock { $0.recorded } }, noteUse: { _ in }, now: { now.withLock { $0 } })
        _ = try await book.principal(showing: desk.token.text)
        now.withLock { $0 = $0.adding(seconds: 2) }
        #expect(try await refusal(book, desk.token.text)?.status == 401)
    }

    @Test("an attempt's token is looked up every time, and ends with the attempt")
    func attempts() async throws {
        let desk = Desk()
        let attempt = AttemptReference(job: 7, fence: 2)
        desk.record(used: nil, attempt: attempt)
        let book = desk.book()
        #expect(try await book.principal(showing: desk.token.text).attempt == attempt)
        desk.record(attempt: attempt, ended: true)
        let ended = try #require(try await refusal(book, desk.token.text))
        #expect(ended.status == 401 && ended.detail.contains("attempt 2 at job 7"))
        #expect(desk.noted == 0)
    }

    @Test("a use is noted when this hour's was not noted yet, once per look-up at most")
    func uses() async throws {
        let desk = Desk()
        desk.record(used: Desk.now.adding(seconds: -3600))
        let book = desk.book()
        for _ in 0..<5 { _ = try await book.principal(showing: desk.token.text) }
        #expect(desk.noted == 1)
        desk.record(used: Desk.now)
        desk.pass(TokenBook.lifetime)
        _ = try await book.principal(showing: desk.token.text)
        #expect(desk.noted == 1)
    }
}
