import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import Postgres
import SystemPackage
import TrackCore
import TrackStore

/// First in the chain: every error becomes problem+json with the request's id, and those of our own are logged at error.
package struct ProblemMiddleware: RouterMiddleware {
    package init() {}

    package func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            var problem = Self.problem(of: error)
            problem.requestId = context.requestID
            if problem.status >= 500 {
                // Two messages, because a log may leave out lines of one kind: an outage must not hide a fault of ours.
                context.logger.error(
                    problem.type == .internal ? "request failed" : "request failed for now",
                    metadata: [
                        "request.id": "\(context.requestID)", "request.route": "\(context.endpointPath ?? request.uri.path)",
                        "error": "\(String(describing: error).prefix(2000))",
                    ])
            }
            return Answer.problem(problem)
        }
    }

    /// What an error means for the caller. Never a bare 500 for bad input: clients retry those.
    static func problem(of error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let error as PostgresError: problem(of: error)
        case let error as HTTPError where error.status == .notFound: Problem(.notFound, "There is no such route.")
        case let error as HTTPError where error.status == .contentTooLarge: Problem(.tooLarge, "The body is too large.")
        case let error as HTTPError where error.status.code < 500: Problem(.invalid, error.body ?? "The request could not be read.")
        case is AnotherHistory:
            Problem(
                .unavailable,
                "The database was restored, or another server took over, while this was being recorded; nothing was. Send the same again.")
        case Errno.noSpace, Errno.diskQuotaExceeded:
            Problem(.unavailable, "The disk of trackd's state folder is full; nothing was recorded. Free some space and try again.")
        case let error as NIOHTTPDecompression.DecompressionError where error == .limit:
            Problem(.tooLarge, "The body unpacks to more than \(BodyMiddleware.ratio) times its compressed size. Send it uncompressed.")
        case is NIOHTTPDecompression.DecompressionError, is NIOHTTPDecompression.ExtraDecompressionError:
            Problem(.invalid, "The body is not the gzip data that its Content-Encoding says it is.")
        case is HTTPParserError, is ChannelError, is IOError: Problem(.invalid, "The request did not arrive whole; nothing was recorded.")
        case is CancellationError: Problem(.unavailable, "trackd is stopping; try again in a moment.")
        default: Problem(.internal, "trackd could not do this; its log says why.")
        }
    }

    private static func problem(of error: PostgresError) -> Problem {
        switch error.code {
        case .commitInDoubt:
            Problem(.unavailable, "The database went away while it confirmed the record. Send the same again: it is recorded once.")
        case .connectionFailed, .connectionLost, .poolTimedOut, .poolClosed, .deadlineExceeded, .cancelled:
            Problem(.unavailable, "The database does not answer now; nothing was recorded. Try again in a moment.")
        case .server where error.sqlState?.rawValue.hasPrefix("53") == true:
            Problem(
                .unavailable, "The database is out of room (\(error.message)); nothing was recorded. Free some disk space and try again.")
        case .encoding:
            Problem(.invalid, "A text of the request holds a NUL character, which cannot be kept; nothing was recorded.")
        case .server where error.sqlState?.rawValue.hasPrefix("22") == true:
            Problem(.invalid, "A value of the request cannot be kept (\(error.message)); nothing was recorded.")
        default: Problem(.internal, "trackd could not do this; its log says why.")
        }
    }
}
