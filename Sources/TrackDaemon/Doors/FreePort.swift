import NIOCore
import SystemPackage
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Looks before the daemon starts anything whether it will be able to listen.
enum FreePort {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter port: 0 takes any free one.
    /// - Throws: a sentence when the address is none of this machine's, or its port is taken.
    static func check(_ port: Int, of host: String) throws(Fault) {
        guard let address = try? SocketAddress.makeAddressResolvingHost(host, port: port) else {
            throw Fault(description: "track.http.address is \(host), which is no address and no known name.")
        }
        let descriptor = socket(address.protocol.rawValue, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard address.withSockAddr({ bind(descriptor, $0, socklen_t($1)) }) != 0 else { return }
        switch errno {
        case EADDRINUSE:
            throw Fault(
                description: "Port \(port) of \(host) is in use. Choose another with --http-port (0 takes a free one), "
                    + "or turn TCP off with TRACK_HTTP_ENABLED=false.")
        case EADDRNOTAVAIL: throw Fault(description: "track.http.address is \(host), which is not an address of this machine.")
        default: throw Fault(description: "Port \(port) of \(host) cannot be used: \(Errno(rawValue: errno)).")
        }
    }
}
