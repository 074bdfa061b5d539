import Glibc
import TrackClient

/// A port of this machine that nobody listens on. It is taken, so that no other test can begin to listen there meanwhile.
struct SilentPort: ~Copyable {
    let number: UInt16
    private let descriptor: Int32

    init() throws {
        let own = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isTaken = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(own, $0, length) == 0 && getsockname(own, $0, &length) == 0 }
        }
        guard isTaken else {
            let code = errno
            close(own)
            throw SystemFailure("take a port", code: code)
        }
        descriptor = own
        number = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
