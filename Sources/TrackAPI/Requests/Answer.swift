import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import TrackCore

/// Answers in the wire form.
enum Answer {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        response(status, "application/json", bytes: try WireCoding.encode(value))
    }

    static func problem(_ problem: Problem) -> Response {
        let status = HTTPResponse.Status(code: problem.status)
        guard let bytes = try? WireCoding.encode(problem) else { return Response(status: status) }
        var answer = response(status, "application/problem+json", bytes: bytes)
        if let wait = problem.retryAfter ?? (problem.type == .unavailable ? 1 : nil) { answer.headers[.retryAfter] = "\(wait)" }
        if problem.type == .unauthenticated { answer.headers[.wwwAuthenticate] = "Bearer" }
        return answer
    }

    static func bytes(_ bytes: [UInt8], type: String) -> Response {
        response(.ok, type, bytes: bytes)
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, bytes: some Collection<UInt8>) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension Request {
    /// The body as a value of the wire form. It is checked by the strict reader's rules first: `JSONDecoder` takes duplicate keys, NUL
    /// and numbers that no double holds.
    ///
    /// - Throws: ``Problem`` that names the field when it is not one.
    func read<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        let buffer = try await json(upTo: APILimits.body)
        do {
            try buffer.withUnsafeReadableBytes { try JSONReader.validate($0) }
            return try WireCoding.decode(type, from: Data(buffer.readableBytesView))
        } catch {
            throw Problem.unreadable(WireCoding.fault(of: error))
        }
    }

    /// The bytes of a body that says that it is JSON.
    ///
    /// - Throws: ``Problem`` when it does not, or is too large.
    func json(upTo limit: Int) async throws -> ByteBuffer {
        try requireContentType("application/json")
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Problem(.tooLarge, "The body is larger than \(limit >> 20) MiB.")
        }
    }

    /// A query parameter that must be there.
    func required(_ name: String) throws -> String {
        guard let value = uri.queryParameters[Substring(name)], !value.isEmpty else {
            throw Problem(.invalid, "The query parameter \(name) is missing.")
        }
        return String(value)
    }

    func optional(_ name: String) -> String? {
        uri.queryParameters[Substring(name)].map(String.init)
    }

    /// A query parameter that may be missing, and is a whole number when it is there.
    func number(_ name: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let text = optional(name) else { return nil }
        guard let value = Int64(text), range.contains(value) else {
            throw Problem(
                .invalid, "The query parameter \(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }
}

extension Problem {
    static func unreadable(_ fault: Fault) -> Problem {
        Problem(.invalid, "The body is not what this route reads.", faults: [fault])
    }
}

extension APIContext {
    /// A path parameter.
    func parameter(_ name: String) throws -> String {
        guard let value = coreContext.parameters.get(name) else { throw Problem(.invalid, "The path has no \(name).") }
        return value
    }

    /// A path parameter that is a positive whole number.
    func number(_ name: String) throws -> Int64 {
        guard let value = Int64(try parameter(name)), value > 0 else {
            throw Problem(.invalid, "\(name) in the path must be a positive whole number.")
        }
        return value
    }
}
