import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import TrackCore

/// Stands between the parser and the API on one connection: answers what is no request, what comes too slowly and who may not come in,
/// and ends a connection whose body nobody wants to read to its end.
final class RequestGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long a connection stays open after its last answer, so that a client that is still sending finds the answer and not a reset.
    static let farewell = TimeAmount.seconds(5)

    private let watch: ConnectionWatch
    private let refusal: Problem?
    private let tick: TimeAmount
    private var ticking: RepeatedTask?
    private var requests = 0
    private var answers = 0
    private var isRequestOpen = false
    private var isAnswering = false
    private var closesAfterAnswer = false
    private var isLeaving = false

    /// - Parameters:
    ///   - refusal: what everybody on this connection is told.
    ///   - tick: how often the clock is looked at.
    init(_ watch: ConnectionWatch, refusal: Problem?, tick: TimeAmount) {
        self.watch = watch
        self.refusal = refusal
        self.tick = tick
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        ticking = context.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in
            let (handler, context) = bound.value
            handler.look(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { ticking?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        ticking?.cancel()
        context.fireChannelInactive()
    }

    // MARK: - What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLeaving else { return }
        switch unwrapInboundIn(data) {
        case .head:
            requests += 1
            isRequestOpen = true
            watch.clock.headEnded()
            if let refusal { return leave(context, saying: refusal) }
        case .body: break
        case .end:
            isRequestOpen = false
            watch.clock.requestEnded()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // What is still sent is read and dropped; nobody behind this handler asks for it any more.
        if isLeaving { context.read() }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Nobody is waiting for the farewell any more, or trackd is stopping.
        let isOver = event is ChannelShouldQuiesceEvent || (event as? ChannelEvent) == .inputClosed
        if isLeaving, isOver { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isLeaving { return }
        // Within a body it is for whoever reads the body, and behind a request that waits for its answer it must wait too.
        guard answers == requests, let error = error as? HTTPParserError, error != .invalidEOFState else {
            return context.fireErrorCaught(error)
        }
        var problem = Problem(.invalid, "This is not a request that can be read: it is not HTTP/1.1.")
        problem.status = 400
        if error == .headerOverflow {
            problem = Problem(.tooLarge, "The head of the request is larger than 64 KiB, or has more than 128 fields.")
            problem.status = 431
        }
        leave(context, saying: problem)
    }

    private func look(_ context: ChannelHandlerContext) {
        guard !isLeaving, let expiry = watch.clock.expiry(now: context.eventLoop.now) else { return }
        switch expiry {
        case .unused, .answer: context.close(promise: nil)
        case .head: leave(context, saying: Problem(.timedOut, "The head of the request did not arrive in time."))
        case .body:
            let problem = Problem(.timedOut, "The body of the request comes too slowly; nothing was recorded.")
            leave(context, saying: problem)
            context.fireErrorCaught(problem)
        }
    }

    // MARK: - What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isLeaving else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            isAnswering = true
            // The answer came before the request's end: reading on to where the next one begins would be reading what nobody wants.
            closesAfterAnswer = isRequestOpen && answers + 1 == requests
            if closesAfterAnswer { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            isAnswering = false
            answers += 1
            context.write(data, promise: promise)
            if answers == requests { watch.clock.answered(now: context.eventLoop.now) }
            if closesAfterAnswer, isRequestOpen { bidFarewell(context) }
        }
    }

    /// Answers by itself, unless an answer is under way already, and lets nobody else say anything any more.
    private func leave(_ context: ChannelHandlerContext, saying problem: Problem) {
        isLeaving = true
        guard !isAnswering else { return context.close(promise: nil) }
        let body = (try? WireCoding.encode(problem)).map { ByteBuffer(bytes: $0) } ?? ByteBuffer()
        let fields: HTTPFields = [
            .contentType: "application/problem+json", .contentLength: "\(body.readableBytes)", .connection: "close",
            .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        ]
        context.write(wrapOutboundOut(.head(HTTPResponse(status: .init(code: problem.status), headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        bidFarewell(context)
    }

    private func bidFarewell(_ context: ChannelHandlerContext) {
        isLeaving = true
        context.flush()
        context.close(mode: .output, promise: nil)
        context.read()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.farewell) { bound.value.close(promise: nil) }
    }
}

@available(*, unavailable)
extension RequestGuard: Sendable {}
