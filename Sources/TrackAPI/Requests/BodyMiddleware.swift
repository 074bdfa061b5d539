import HTTPTypes
package import Hummingbird
import NIOCore
import TrackCore

/// How much of a body is read: refused by its Content-Length before a byte of it, else while it streams.
///
/// The listeners unpack gzip before a body gets here, and end one that unpacks to more than ``ratio`` times its size, so that the limits
/// hold for what a body *is*, however it travels.
package struct BodyMiddleware: RouterMiddleware {
    /// JSON of evaluation runs shrinks four- to eightfold; twenty is beyond any of ours, and far below a bomb's thousand.
    package static let ratio = 20

    private let domainSetLimit: Int

    /// - Parameter domainSetLimit: the largest upload of a domain set, in bytes.
    package init(domainSetLimit: Int) { self.domainSetLimit = domainSetLimit }

    package func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard request.uri.string.utf8.count <= APILimits.uri else {
            var problem = Problem(.tooLarge, "The address of the request is longer than \(APILimits.uri >> 10) KiB.")
            problem.status = 414
            throw problem
        }
        try checkEncoding(request.headers)
        let limit = limit(of: context.endpointPath)
        let tooLarge = Problem(.tooLarge, "The body is larger than \(limit >> 20) MiB, the limit of this route.")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        var request = request
        request.body = RequestBody(asyncSequence: LimitedBody(body: request.body, limit: limit, refusal: tooLarge))
        return try await next(request, context)
    }

    /// The routes whose bodies are more than a few lines of JSON; every other one reads ``APILimits/body``.
    private func limit(of route: String?) -> Int {
        switch route {
        case "/v1/runs": APILimits.run
        // Lines of any number, each of them limited by the route itself.
        case "/v1/runs/bulk": .max
        case "/v1/domain-sets/{name}/revisions": domainSetLimit
        case .some(let route) where route.hasPrefix("/v1/import/"): domainSetLimit
        default: APILimits.body
        }
    }

    private func checkEncoding(_ headers: HTTPFields) throws {
        let encodings = headers[values: .contentEncoding].map { $0.lowercased() }
        guard encodings.isEmpty || encodings == ["identity"] || encodings == ["gzip"] else {
            let found = encodings.joined(separator: ", ")
            throw Problem(.unsupported, "A body is read as it is or as gzip, once; Content-Encoding: \(found) is neither.")
        }
    }
}

/// A body that ends in an error where it grows beyond its limit.
struct LimitedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let body: RequestBody
    let limit: Int
    let refusal: Problem

    func makeAsyncIterator() -> Iterator { Iterator(base: body.makeAsyncIterator(), left: limit, refusal: refusal) }

    struct Iterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        var left: Int
        let refusal: Problem

        mutating func next() async throws -> ByteBuffer? {
            guard let buffer = try await base.next() else { return nil }
            left -= buffer.readableBytes
            guard left >= 0 else { throw refusal }
            return buffer
        }
    }
}

extension Request {
    /// - Throws: ``Problem`` unless the body says that it is of this media type.
    func requireContentType(_ type: String) throws {
        let given = headers[.contentType]?.prefix { $0 != ";" && $0 != " " }
        guard given?.lowercased() == type else { throw Problem(.unsupported, "Send the body as \(type).") }
    }
}
