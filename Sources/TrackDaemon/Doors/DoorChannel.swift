import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import TrackAPI
import TrackCore

/// The pipeline of one connection to trackd: clock, HTTP/1.1 with its limits, gzip, guard, then Hummingbird.
struct DoorChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// RFC 9110 leaves the number open; browsers send about 20, a chain of proxies some more.
    private static let mostFields = 128

    let responder: HTTPChannelHandler.Responder
    let limits: ConnectionClock.Limits
    /// Whether the connection is one of the Unix socket, whose callers are known by their user.
    let checksUser: Bool

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let refusal = checksUser ? SocketPeer.refusal(on: channel) : channel.eventLoop.makeSucceededFuture(nil)
        return refusal.flatMapThrowing { try setUp(channel, refusal: $0, logger: logger) }
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }

    private func setUp(_ channel: any Channel, refusal: Problem?, logger: Logger) throws -> Value {
        let pipeline = channel.pipeline.syncOperations
        let watch = ConnectionWatch(limits, now: channel.eventLoop.now)
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldSize = APILimits.head
        decoder.maxHeaderListSize = APILimits.head
        decoder.maxHeaderFieldCount = Self.mostFields
        try pipeline.addHandler(ArrivalHandler(watch))
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoder)
        try pipeline.addHandler(NIOHTTPRequestDecompressor(limit: .ratio(BodyMiddleware.ratio)))
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(RequestGuard(watch, refusal: refusal, tick: tick))
        try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
        return try Value(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }

    /// A limit is kept to a quarter of itself, at most 5 s late.
    private var tick: TimeAmount {
        let shortest = min(limits.head, limits.body, limits.idle).nanoseconds
        return .nanoseconds(min(max(shortest / 4, 20_000_000), 5_000_000_000))
    }
}
