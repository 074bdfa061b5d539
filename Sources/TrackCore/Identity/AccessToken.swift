import FoundationEssentials

/// What a program shows to be let in: `trk_<id>_<secret>`. The id finds the token, the secret proves it.
///
/// Its description leaves the secret out, so that a token in a log line or an error is none.
package struct AccessToken: Hashable, Sendable, CustomStringConvertible {
    /// 8 characters that are no secret: they name the token for people.
    package let id: String
    /// 43 characters: 32 random bytes in base64url.
    private let secret: String

    /// Reads the written form; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == Self.prefix, Self.isID(parts[1]), parts[2].utf8.count == Self.secretLength,
            parts[2].utf8.allSatisfy(Self.isBase64URL)
        else { return nil }
        id = parts[1]
        secret = parts[2]
    }

    private init(id: String, secret: String) {
        self.id = id
        self.secret = secret
    }

    /// A new token, from the system's random numbers.
    package static func make() -> AccessToken {
        var generator = SystemRandomNumberGenerator()
        let id = (0..<idLength).map { _ in idAlphabet[Int.random(in: idAlphabet.indices, using: &generator)] }
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let secret = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return AccessToken(id: String(decoding: id, as: UTF8.self), secret: secret)
    }

    /// The written form, secret and all.
    package var text: String { "\(Self.prefix)_\(id)_\(secret)" }

    package var description: String { "\(Self.prefix)_\(id)_…" }

    /// Of the secret: what is kept in its place.
    package var digest: Digest { Digest(ofText: secret) }

    /// Whether its secret is the one with this digest. It takes as long for a near miss as for any other.
    package func isProved(by digest: Digest) -> Bool {
        zip(self.digest.bytes, digest.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    package static func isID(_ text: String) -> Bool {
        text.utf8.count == idLength && text.utf8.allSatisfy(idAlphabet.contains)
    }

    private static let prefix = "trk"
    private static let idLength = 8
    private static let secretLength = 43
    /// Without i, l, o and u, which people misread.
    private static let idAlphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    private static func isBase64URL(_ unit: UInt8) -> Bool {
        switch unit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
