package import Hummingbird
import NIOCore
import TrackCore

/// What a request carries besides itself: where it came in, and as whom, which decides what it may do and whose share it uses.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Whether the request came over the Unix socket, whose mode lets in its owner only.
    package let cameOverSocket: Bool
    /// The address of the other end of a TCP connection, without its port; nil over the Unix socket.
    package let peerAddress: String?
    package let requestID: String
    /// As whom it was let in; nil for somebody unknown, who may ask for the daemon's health.
    package var principal: Principal?

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        if case .unixDomainSocket = source.channel.localAddress { cameOverSocket = true } else { cameOverSocket = false }
        peerAddress = source.channel.remoteAddress?.ipAddress
        requestID = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// Of every body that is read as one JSON value but a run, in bytes.
    package var maxUploadSize: Int { APILimits.body }
}

/// How much the API reads, in bytes.
package enum APILimits {
    /// Of the request line and all header fields together.
    package static let head = 64 << 10
    package static let uri = 8 << 10
    package static let body = WireLimits.body
    package static let run = WireLimits.run
    /// One line of a domain set: a document with its quotes and escapes.
    package static let line = WireLimits.documentLine
}
