package import Hummingbird
import NIOCore
import TrackCore

/// What a request carries besides itself: where it came in, which decides whether it needs a token.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Whether the request came over the Unix socket, whose mode lets in its owner only.
    package let cameOverSocket: Bool
    package let requestID: String

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        if case .unixDomainSocket = source.channel.localAddress { cameOverSocket = true } else { cameOverSocket = false }
        requestID = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// Of every body that is read as one JSON value but a run, in bytes.
    package var maxUploadSize: Int { APILimits.body }
}

/// How much the API reads, in bytes.
package enum APILimits {
    package static let body = WireLimits.body
    package static let run = WireLimits.run
    /// One line of a domain set: a document with its quotes and escapes.
    package static let line = 64 << 20
}
