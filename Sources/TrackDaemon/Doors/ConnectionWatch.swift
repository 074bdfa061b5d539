import NIOCore

/// The clock of one connection, shared by the two handlers that feed it; only its event loop touches it.
final class ConnectionWatch {
    var clock: ConnectionClock

    init(_ limits: ConnectionClock.Limits, now: NIODeadline) { clock = ConnectionClock(limits, now: now) }
}

@available(*, unavailable)
extension ConnectionWatch: Sendable {}

/// Tells the clock of bytes as they come, and of the times when they would be welcome: first in the pipeline.
final class ArrivalHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let watch: ConnectionWatch

    init(_ watch: ConnectionWatch) { self.watch = watch }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        watch.clock.bytesArrived(unwrapInboundIn(data).readableBytes, now: context.eventLoop.now)
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        watch.clock.isReading(now: context.eventLoop.now)
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        watch.clock.canWrite(context.channel.isWritable, now: context.eventLoop.now)
        context.fireChannelWritabilityChanged()
    }
}

@available(*, unavailable)
extension ArrivalHandler: Sendable {}
