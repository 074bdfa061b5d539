import Foundation
import Glibc
import SystemPackage
import TrackCore

/// One request without a client's help, so that it can be wrong.
enum RawHTTP {
    struct Answer {
        let status: Int
        let type: String?
        let body: String
        /// Field names in lower case.
        let headers: [String: String]
    }

    /// - Parameter place: the path of a socket, or `http://127.0.0.1:port`.
    static func ask(
        _ place: String, _ route: String, host: String = "localhost", headers: [String] = [], body: String = ""
    ) async throws -> Answer {
        let lines = ["\(route) HTTP/1.1", "Host: \(host)", "Connection: close", "Content-Length: \(body.utf8.count)"] + headers
        return try await say(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8), to: place)
    }

    /// Sends bytes, then reads until the other end closes; it does not close first.
    ///
    /// On a thread of its own: the tests' own threads are few, and everybody's clients need them.
    static func say(_ words: [UInt8], to place: String) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            Thread {
                continuation.resume(
                    with: Result {
                        let descriptor = try connect(place)
                        defer { try? descriptor.close() }
                        _ = try? descriptor.writeAll(words)
                        return try answer(on: descriptor)
                    })
            }.start()
        }
    }

    static func answer(on descriptor: FileDescriptor) throws -> Answer {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while let count = try? chunk.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 { bytes += chunk[..<count] }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { throw Problem(.internal, "no answer: \(text)") }
        let head = text[..<end.lowerBound].split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let name = line.prefix { $0 != ":" }
            headers[name.lowercased()] = String(line.dropFirst(name.count + 2))
        }
        return Answer(
            status: head.first.flatMap { Int($0.dropFirst(9).prefix(3)) } ?? 0, type: headers["content-type"],
            body: String(text[end.upperBound...]), headers: headers)
    }

    static func connect(_ place: String) throws -> FileDescriptor {
        let port = place.split(separator: ":").last.flatMap { UInt16($0) }
        let descriptor = socket(port == nil ? AF_UNIX : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var result: Int32
        if let port {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
            result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        } else {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: place.utf8.prefix(107)) }
            result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        guard result == 0 else { throw Errno(rawValue: errno) }
        // Only a test that fails waits for it.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        return FileDescriptor(rawValue: descriptor)
    }
}
