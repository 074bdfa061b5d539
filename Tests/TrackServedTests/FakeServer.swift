import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An inference server on this machine whose model is known: the NLL of a token after another one is ``nll(_:after:)``. It speaks in one of
/// the recorded forms, right or wrong.
final class FakeServer: Sendable {
    /// How it answers to a prompt.
    enum Kind: Sendable {
        case vllm, sglang, echo
        /// Log-probabilities of what it generates, and nothing about the prompt.
        case llamaCpp
        /// 200, without a word about echo and logprobs.
        case silent
        /// Echo for one text, 500 for token ids.
        case textOnly
        /// Echo in which each value is that of its token behind itself, for token ids or for one text.
        case lateEcho, lateText
        /// As `transformers serve` does: 400 for token ids, and an answer without log-probabilities to a text.
        case silentText
        /// 500 with a reason, for token ids and for text.
        case refusesEcho
        /// Each value one place too early.
        case shifted
        /// A value for each token that depends on what follows.
        case looksAhead
        /// No token of a prompt costs anything.
        case free
        /// The prompt's first tokens are cut off.
        case cuts
    }

    /// What goes wrong with one answer to a prompt.
    enum Fault: Sendable {
        case status(Int, headers: [(String, String)] = [])
        /// The head promises more than comes, and the connection ends.
        case dropsMidBody
        /// The connection ends without an answer.
        case drops
        /// So does it with every later request.
        case leaves
        /// Valid HTTP, half of the JSON.
        case truncatedJSON
        /// Never answers.
        case silence
        /// The value of the last token is NaN, as null.
        case notANumber
        /// The value of the last token is -9999.0, which stands for -∞.
        case clamped
    }

    static let prefix = 1
    static let model = "/models/tiny"

    let kind: Kind
    let longest: Int
    private let faults: Mutex<[Fault?]>
    private let seen = Mutex<(prompts: Int, underWay: Int, most: Int, tokens: [String?])>((0, 0, 0, []))
    private let hasLeft = Mutex(false)
    private let modelName: String
    private let delay: TimeAmount

    /// Prompts that were answered or failed so far.
    var prompts: Int { seen.withLock { $0.prompts } }
    /// The most prompts that were under way at a time.
    var mostAtOnce: Int { seen.withLock { $0.most } }
    /// `Authorization` of every request.
    var tokens: [String?] { seen.withLock { $0.tokens } }

    private init(_ kind: Kind, longest: Int, model: String, delay: TimeAmount, faults: [Fault?]) {
        self.kind = kind
        self.longest = longest
        self.faults = Mutex(faults)
        self.delay = delay
        modelName = model
    }

    /// Nats, from 0.1 to 10: no distribution, but a known number for every pair.
    static func nll(_ token: Int, after previous: Int) -> Double { 0.1 + Double((previous * 7 + token * 13) % 100) / 10.1 }

    /// The closed form of a document's NLL under disjoint windows: a bigram model sees the one token before, and no window hides it.
    static func nll(of text: String) -> Double {
        zip([prefix] + ids(text), ids(text)).map { nll($1, after: $0) }.reduce(0, +)
    }

    /// A token per byte.
    static func ids(_ text: String) -> [Int] { text.utf8.map { Int($0) + 3 } }

    /// - Parameter faults: of the prompts in the order in which they come; nil for none.
    static func withRunning(
        _ kind: Kind, longest: Int = 4096, model: String = FakeServer.model, delay: TimeAmount = .zero, faults: [Fault?] = [],
        _ body: (FakeServer, _ url: String) async throws -> Void
    ) async throws {
        let server = FakeServer(kind, longest: longest, model: model, delay: delay, faults: faults)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(Handler(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Void, any Error>
        let url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
        do { result = .success(try await body(server, url)) } catch { result = .failure(error) }
        try await channel.close()
        try result.get()
    }

    fileprivate enum Reply {
        case json(String, status: Int = 200, headers: [(String, String)] = [])
        case dropsMidBody(String)
        case drops
        case silence
    }

    fileprivate func begin(_ token: String?) {
        seen.withLock { $0.tokens.append(token) }
    }

    fileprivate func reply(_ method: HTTPMethod, _ path: String, _ body: [UInt8]) -> Reply {
        if hasLeft.withLock(\.self) { return .drops }
        switch (method, path) {
        case (.GET, "/v1/models"):
            return .json(#"{"object":"list","data":[{"id":"\#(modelName)","root":"\#(modelName)","max_model_len":\#(longest)}]}"#)
        case (.GET, "/version"), (.GET, "/get_server_info"): return .json(#"{"version":"0.16.0"}"#)
        case (.POST, "/tokenize") where !takesTextOnly: return tokenize(body)
        case (.POST, "/extras/tokenize") where takesTextOnly: return tokenize(body)
        case (.POST, "/v1/completions"), (.POST, "/generate"): return prompt(body)
        default: return .json(#"{"detail":"Not Found"}"#, status: 404)
        }
    }

    private struct Question: Decodable {
        let prompt: Prompt?
        let inputIds: [Int]?
        let input: String?
        let addSpecialTokens: Bool?
        let logprobs: Int?

        enum CodingKeys: String, CodingKey {
            case prompt, input, logprobs
            case inputIds = "input_ids"
            case addSpecialTokens = "add_special_tokens"
        }

        enum Prompt: Decodable {
            case text(String)
            case ids([Int])

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                let text = try? container.decode(String.self)
                self = try text.map(Prompt.text) ?? .ids(container.decode([Int].self))
            }
        }
    }

    private var takesTextOnly: Bool { [.textOnly, .lateText, .silentText].contains(kind) }

    private func tokenize(_ body: [UInt8]) -> Reply {
        guard let question = try? JSONDecoder().decode(Question.self, from: Data(body)) else { return .json("{}", status: 400) }
        var text = question.input ?? ""
        if case .text(let prompt) = question.prompt { text = prompt }
        let special = takesTextOnly || question.addSpecialTokens == true
        let ids = (special ? [Self.prefix] : []) + Self.ids(text)
        return .json(#"{"count":\#(ids.count),"max_model_len":\#(longest),"tokens":\#(ids)}"#)
    }

    private func prompt(_ body: [UInt8]) -> Reply {
        guard let question = try? JSONDecoder().decode(Question.self, from: Data(body)) else { return .json("{}", status: 400) }
        let fault = faults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        seen.withLock { $0.prompts += 1 }
        let ids: [Int]
        switch (question.inputIds, question.prompt) {
        case (let given?, _): ids = given
        case (_, .ids(let given)):
            if kind == .silentText { return .json(#"{"detail":"prompt must be a string."}"#, status: 400) }
            if takesTextOnly { return .json(#"{"error":{"message":"Internal Server Error"}}"#, status: 500) }
            ids = given
        case (_, .text(let text)): ids = [Self.prefix] + Self.ids(text)
        case (nil, nil): return .json("{}", status: 400)
        }
        guard ids.count < longest else {
            return .json(#"{"error":{"message":"This model's maximum context length is \#(longest) tokens."}}"#, status: 400)
        }
        if kind == .refusesEcho { return .json(#"{"error":{"code":500,"message":"Only no echo is supported"}}"#, status: 500) }
        let answer = answer(ids, wantsGenerated: question.logprobs != nil, fault)
        switch fault {
        case .status(let status, let headers): return .json(#"{"error":{"message":"try later"}}"#, status: status, headers: headers)
        case .dropsMidBody: return .dropsMidBody(answer)
        case .drops: return .drops
        case .leaves:
            hasLeft.withLock { $0 = true }
            return .drops
        case .truncatedJSON: return .json(String(answer.prefix(answer.count / 2)))
        case .silence: return .silence
        case .notANumber, .clamped, nil: return .json(answer)
        }
    }

    /// The values as text: of every token of the prompt, null for the first one.
    private func values(_ ids: [Int], _ fault: Fault?) -> [String] {
        var values = ids.indices.map { place -> String in
            guard place > 0 else { return kind == .shifted ? "\(-Self.nll(ids[1], after: ids[0]))" : "null" }
            switch kind {
            case .free: return "0.0"
            case .lateEcho, .lateText: return "\(-Self.nll(ids[place], after: ids[place]))"
            case .looksAhead: return "\(-Self.nll(ids[place], after: ids[place - 1]) - Double(ids.count))"
            case .shifted where place + 1 < ids.count: return "\(-Self.nll(ids[place + 1], after: ids[place]))"
            default: return "\(-Self.nll(ids[place], after: ids[place - 1]))"
            }
        }
        if case .notANumber = fault { values[values.count - 1] = "null" }
        if case .clamped = fault { values[values.count - 1] = "-9999.0" }
        return values
    }

    private func answer(_ given: [Int], wantsGenerated: Bool, _ fault: Fault?) -> String {
        let ids = kind == .cuts ? Array(given.dropFirst()) : given
        let values = values(ids, fault)
        let generated = 7
        let generatedValue = "\(-Self.nll(generated, after: ids[ids.count - 1]))"
        switch kind {
        case .sglang:
            let entries = zip(values, ids).map { "[\($0),\($1),null]" }.joined(separator: ",")
            return """
                {"text":"x","meta_info":{"id":"26223ea3","finish_reason":{"type":"length","length":1},"prompt_tokens":\(ids.count),\
                "input_token_logprobs":[\(entries)],"output_token_logprobs":[[\(generatedValue),\(generated),null]]}}
                """
        case .vllm, .shifted, .looksAhead, .free, .cuts:
            let entries = zip(values, ids).map { value, id in
                let other = #""99999":{"logprob":-0.01,"rank":1,"decoded_token":"y"}"#
                return value == "null" ? "null" : #"{\#(other),"\#(id)":{"logprob":\#(value),"rank":2,"decoded_token":"x"}}"#
            }
            let logprobs = wantsGenerated
                ? #"{"text_offset":[0],"token_logprobs":[\#(generatedValue)],"tokens":["token_id:\#(generated)"]}"# : "null"
            return """
                {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"x","logprobs":\(logprobs),\
                "finish_reason":"length","stop_reason":null,"prompt_logprobs":[\(entries.joined(separator: ","))]}],\
                "usage":{"prompt_tokens":\(ids.count),"total_tokens":\(ids.count + 1),"completion_tokens":1}}
                """
        case .echo, .textOnly, .lateEcho, .lateText:
            let all = (values + [generatedValue]).joined(separator: ",")
            let tokens = values.map { _ in #""x""# } + [#""\u0004""#]
            return completion(#"{"text_offset":[],"token_logprobs":[\#(all)],"tokens":[\#(tokens.joined(separator: ","))]}"#, ids)
        case .llamaCpp: return completion(#"{"text_offset":[],"token_logprobs":[\#(generatedValue)],"tokens":["x"]}"#, ids)
        case .silent, .silentText, .refusesEcho: return completion("null", ids)
        }
    }

    private func completion(_ logprobs: String, _ ids: [Int]) -> String {
        """
        {"id":"cmpl-2","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"x","logprobs":\(logprobs),\
        "finish_reason":"length"}],"usage":{"prompt_tokens":\(ids.count),"total_tokens":\(ids.count + 1),"completion_tokens":1}}
        """
    }

    fileprivate func entered() { seen.withLock { $0.underWay += 1; $0.most = max($0.most, $0.underWay) } }

    fileprivate func left() { seen.withLock { $0.underWay -= 1 } }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let server: FakeServer
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ server: FakeServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
            case .body(let part): body += part.readableBytesView
            case .end:
                guard let head else { return }
                server.begin(head.headers.first(name: "Authorization"))
                server.entered()
                let reply = server.reply(head.method, head.uri, body)
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                context.eventLoop.scheduleTask(in: server.delay) {
                    let (handler, context) = bound.value
                    handler.server.left()
                    handler.send(reply, context)
                }
            }
        }

        private func send(_ reply: Reply, _ context: ChannelHandlerContext) {
            switch reply {
            case .silence: return
            case .drops: context.close(promise: nil)
            case .dropsMidBody(let text):
                write(text.prefix(text.count / 2), length: text.utf8.count, status: 200, headers: [], context)
                context.flush()
                context.close(promise: nil)
            case .json(let text, let status, let headers):
                write(text[...], length: text.utf8.count, status: status, headers: headers, context)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        private func write(
            _ text: Substring, length: Int, status: Int, headers: [(String, String)], _ context: ChannelHandlerContext
        ) {
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: HTTPHeaders(headers))
            head.headers.add(name: "content-type", value: "application/json")
            head.headers.add(name: "content-length", value: "\(length)")
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: String(text))))), promise: nil)
        }
    }
}
