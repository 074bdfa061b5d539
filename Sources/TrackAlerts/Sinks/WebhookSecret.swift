import Crypto
import FoundationEssentials
package import TrackCore

/// The key that a webhook is signed with, by the rules of Standard Webhooks. It prints as `<redacted>`.
package struct WebhookSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let key: SymmetricKey

    /// Reads `whsec_` and the base64 form of 24 to 64 bytes.
    ///
    /// - Throws: ``Problem``, which does not repeat the text.
    package init(_ text: String) throws(Problem) {
        guard text.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(text.dropFirst(6))), (24...64).contains(bytes.count) else {
            throw Problem(
                .invalid,
                "The secret of a webhook is written whsec_ and the base64 form of 24 to 64 bytes; make one with "
                    + "`echo whsec_$(openssl rand -base64 32)`.")
        }
        key = SymmetricKey(data: bytes)
    }

    /// The value of the header `webhook-signature`: `v1,` and the base64 form of HMAC-SHA256 over `id.timestamp.body`.
    ///
    /// - Parameter timestamp: whole seconds since 1970.
    func signature(id: String, timestamp: Int64, body: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(id).\(timestamp).\(body)".utf8), using: key)
        return "v1," + Data(code).base64EncodedString()
    }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
