#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

enum ServerAddress {
    case unix(String)
    case loopback(UInt16)
}

/// One HTTP/1.1 connection, kept alive, with at most one request on its way. Nonblocking; its owner calls it when poll(2) says so.
struct Connection {
    enum Step {
        case sending, receiving
        case answered(status: Int, body: ArraySlice<UInt8>)
    }

    let descriptor: Int32
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var incoming: [UInt8] = []

    init(to address: ServerAddress) throws {
        descriptor = try Self.dial(address)
        guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0 else { throw Self.failure("fcntl") }
    }

    var wantsToSend: Bool { sent < outgoing.count }

    mutating func begin(_ request: [UInt8]) {
        outgoing = request
        sent = 0
        incoming.removeAll(keepingCapacity: true)
    }

    /// Sends and receives what is possible without waiting.
    mutating func advance() throws -> Step {
        while wantsToSend {
            let count = outgoing[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 {
                if errno == EAGAIN { return .sending }
                throw Self.failure("send")
            }
            sent += count
        }
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            if let answer = try answer() { return answer }
            let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count == 0 { throw LoadError("The server closed the connection.") }
            if count < 0 {
                if errno == EAGAIN { return .receiving }
                throw Self.failure("recv")
            }
            incoming += chunk[..<count]
        }
    }

    func end() { _ = close(descriptor) }

    private func answer() throws -> Step? {
        guard let blank = incoming.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: incoming[..<blank.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let status = head.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        let length = head.dropFirst().lazy.map { $0.split(separator: ":", maxSplits: 1) }
            .first { $0.first?.lowercased() == "content-length" }
            .flatMap { $0.last.flatMap { Int($0.drop(while: { $0 == " " })) } }
        guard let status, let length else { throw LoadError("The server's answer has no status or no length.") }
        let body = incoming[blank.upperBound...]
        return body.count >= length ? .answered(status: status, body: body) : nil
    }

    private static func dial(_ address: ServerAddress) throws -> Int32 {
        switch address {
        case .unix(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { throw LoadError("The path \(path) is too long for a socket.") }
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
            return try dial(name, family: AF_UNIX)
        case .loopback(let port):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            return try dial(name, family: AF_INET)
        }
    }

    private static func dial<Name: BitwiseCopyable>(_ name: Name, family: Int32) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure("socket") }
        let result = withUnsafeBytes(of: name) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { connect(descriptor, $0.baseAddress, socklen_t(bytes.count)) }
        }
        guard result == 0 else { throw failure("connect") }
        if family == AF_INET {
            var yes: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        return descriptor
    }

    private static func failure(_ call: String) -> LoadError {
        LoadError("\(call) failed: \(String(cString: strerror(errno))).")
    }
}
