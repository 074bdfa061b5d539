import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A webhook's receiver on this machine that answers as it is told and remembers what it got.
final class Receiver: Sendable {
    struct Request: Sendable {
        var path: String
        var headers: HTTPHeaders
        var body: String
    }

    enum Answer: Sendable {
        case status(Int, headers: [(String, String)] = [], bodyBytes: Int = 0)
        /// Never answers.
        case silence
    }

    private let answers: Mutex<[Answer]>
    private let received = Mutex<[Request]>([])

    var requests: [Request] { received.withLock { $0 } }

    private init(_ answers: [Answer]) { self.answers = Mutex(answers) }

    /// Runs the body with a receiver that gives the answers one after the other; the last one repeats.
    static func withRunning<Value: Sendable>(
        _ answers: [Answer], _ body: (Receiver, _ port: Int) async throws -> Value
    ) async throws -> Value {
        let receiver = Receiver(answers)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(Handler(receiver))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        do {
            let value = try await body(receiver, port)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    fileprivate func answer(to request: Request) -> Answer {
        received.withLock { $0.append(request) }
        return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let receiver: Receiver
        private var request = Request(path: "", headers: [:], body: "")

        init(_ receiver: Receiver) { self.receiver = receiver }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): request = Request(path: head.uri, headers: head.headers, body: "")
            case .body(let part): request.body += String(buffer: part)
            case .end:
                guard case .status(let status, let headers, let count) = receiver.answer(to: request) else { return }
                var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: HTTPHeaders(headers))
                head.headers.add(name: "content-length", value: "\(count)")
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(repeating: 0x78, count: count)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
