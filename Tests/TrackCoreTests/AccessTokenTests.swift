import Testing
import TrackCore

@Suite struct AccessTokenTests {
    @Test("a token has an id that finds it and a secret of 32 bytes, and reads back as written")
    func form() throws {
        let token = AccessToken.make()
        #expect(token.text.wholeMatch(of: /trk_[0-9a-z]{8}_[A-Za-z0-9_-]{43}/) != nil)
        #expect(AccessToken(token.text) == token)
        #expect(token.text.contains(token.id))
        #expect(Set((0..<100).map { _ in AccessToken.make().text }).count == 100)
    }

    @Test(
        "anything else is no token",
        arguments: [
            "", "trk", "trk__", "secret", "trk_0123abcd_", "trk_0123abcd_short", "trk_0123abcdQ_" + secret, "TRK_0123abcd_" + secret,
            "trk_0123ABCD_" + secret, "trk_0123abcd_" + secret + "A", "trk_0123abcd_" + secret.dropLast() + " ",
            "trk_0123abcd_" + secret + "\n",
            "trk_0123abcd_" + secret.dropLast() + "ü", "trk_012_abcd_" + secret,
        ])
    func others(_ text: String) {
        #expect(AccessToken(text) == nil)
    }

    @Test("what is printed of a token is not enough to use it")
    func discretion() throws {
        let token = try #require(AccessToken("trk_0123abcd_" + Self.secret))
        #expect("\(token)" == "trk_0123abcd_…")
    }

    @Test("only the secret's own digest proves it")
    func proof() throws {
        let token = try #require(AccessToken("trk_0123abcd_" + Self.secret))
        let sibling = try #require(AccessToken("trk_0123abce_" + Self.secret))
        let near = try #require(AccessToken("trk_0123abcd_" + Self.secret.dropLast() + "B"))
        #expect(token.isProved(by: Digest(ofText: Self.secret)))
        #expect(sibling.digest == token.digest)
        #expect(!token.isProved(by: near.digest))
        var bytes = token.digest.bytes
        bytes[31] ^= 1
        #expect(!token.isProved(by: try #require(Digest(bytes: bytes))))
    }

    private static let secret = String(repeating: "A", count: 43)
}
