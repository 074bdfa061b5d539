/// How large a request may be. The daemon refuses what is larger, so the client need not send it.
package enum WireLimits {
    /// A body that is read as one JSON value, in bytes.
    package static let body = 1 << 20
    /// The body of `POST /v1/runs`, in bytes.
    package static let run = 64 << 20
    /// Ids in one question for digests.
    package static let digests = 1000
}
