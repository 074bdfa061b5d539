/// How large a request may be. The daemon refuses what is larger, so the client need not send it.
package enum WireLimits {
    /// A body that is read as one JSON value, in bytes.
    package static let body = 1 << 20
    /// The body of `POST /v1/runs`, in bytes.
    package static let run = 64 << 20
    /// A document of a domain set, in UTF-8 bytes of its text or messages.
    package static let document = 64 << 20
    /// The line of a document in bytes. Quotes and line feeds take two, which a text of them alone would fill.
    package static let documentLine = 2 * document + 1 << 20
    /// Ids in one question for digests.
    package static let digests = 1000
}
