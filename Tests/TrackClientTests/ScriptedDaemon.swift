import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A real HTTP server on a Unix socket or on loopback that answers as a test says and remembers what it was asked.
final class ScriptedDaemon: Sendable {
    struct Request: Sendable {
        let head: HTTPRequestHead
        let body: String
    }

    enum Answer: Sendable {
        case json(Int, String)
        case problem(Int, String)
        case text(Int, String, type: String)
        /// To another address, with 307, which keeps the method.
        case redirect(String)
        /// Closes the connection instead of answering.
        case hangUp
        /// Begins a body of more bytes than it sends, then closes.
        case torn
        /// Never answers.
        case silence
    }

    private let channel: any Channel
    private let seen: Log

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    var requests: [Request] { seen.requests.withLock { $0 } }
    var port: Int? { channel.localAddress?.port }

    /// `answer` is given the number of the request, from 0, and the request.
    init(socket path: String?, answer: @escaping @Sendable (Int, Request) -> Answer) async throws {
        let log = Log()
        seen = log
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        Replies { request in
                            let number = log.requests.withLock {
                                $0.append(request)
                                return $0.count - 1
                            }
                            return answer(number, request)
                        })
                }
            }
        if let path {
            channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        } else {
            channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        }
    }

    func stop() async throws { try await channel.close() }
}

private final class Replies: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: (ScriptedDaemon.Request) -> ScriptedDaemon.Answer
    private var head: HTTPRequestHead?
    private var body = ""

    init(_ answer: @escaping (ScriptedDaemon.Request) -> ScriptedDaemon.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let next):
            head = next
            body = ""
        case .body(let buffer): body += String(buffer: buffer)
        case .end:
            guard let head else { return }
            switch answer(.init(head: head, body: body)) {
            case .json(let status, let text): reply(context, status, text, "application/json")
            case .problem(let status, let text): reply(context, status, text, "application/problem+json")
            case .text(let status, let text, let type): reply(context, status, text, type)
            case .redirect(let address):
                write(
                    context,
                    HTTPResponseHead(version: .http1_1, status: .temporaryRedirect, headers: ["Location": address, "Content-Length": "0"]))
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .hangUp: context.close(promise: nil)
            case .silence: break
            case .torn:
                write(context, HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "1000"]))
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "{\"status\":")))), promise: nil)
                context.close(promise: nil)
            }
        }
    }

    private func reply(_ context: ChannelHandlerContext, _ status: Int, _ text: String, _ type: String) {
        let headers: HTTPHeaders = status == 204 ? [:] : ["Content-Type": type, "Content-Length": "\(text.utf8.count)"]
        write(context, HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers))
        if status != 204 { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func write(_ context: ChannelHandlerContext, _ head: HTTPResponseHead) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }
}
