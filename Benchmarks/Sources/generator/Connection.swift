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
    let descriptor: Int32
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var reader = AnswerReader()
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)

    init(to address: ServerAddress) throws {
        descriptor = try Self.dial(address)
        guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0 else { throw Self.failure("fcntl") }
    }

    var wantsToSend: Bool { sent < outgoing.count }

    mutating func begin(_ request: [UInt8]) throws {
        outgoing = request
        sent = 0
        reader = AnswerReader()
        try sendWhatFits()
    }

    /// Sends and receives what is possible without waiting; a server may answer the first lines while the last are still on their way.
    ///
    /// - Returns: The answer when it is whole.
    mutating func advance() throws -> AnswerReader.Answer? {
        try sendWhatFits()
        while true {
            let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count == 0 { throw LoadError("The server closed the connection.") }
            if count < 0 {
                if errno == EAGAIN { return nil }
                throw Self.failure("recv")
            }
            chunk.withUnsafeBytes { reader.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            guard let answer = try reader.answer() else { continue }
            guard !wantsToSend else {
                let body = String(decoding: answer.body.prefix(300), as: UTF8.self)
                throw LoadError("The server answered a request that it had not read to the end: \(answer.status) \(body)")
            }
            return answer
        }
    }

    func end() { _ = close(descriptor) }

    private mutating func sendWhatFits() throws {
        while wantsToSend {
            let count = outgoing[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 {
                if errno == EAGAIN { return }
                throw Self.failure("send")
            }
            sent += count
        }
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
