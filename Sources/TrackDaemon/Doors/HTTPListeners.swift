import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import ServiceLifecycle
import TrackAPI
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The daemon's two doors: a Unix socket for its own user, and a TCP address with a token. Each has its own count of connections, so that
/// whoever fills the one keeps nobody out of the other.
struct HTTPListeners {
    let configuration: ListenerConfiguration
    let router: Router<APIContext>
    let logger: Logger

    /// - Parameter bound: called with the socket's path once it accepts connections.
    func unixSocket(_ path: String, bound: @escaping @Sendable () -> Void) -> some Service {
        listener(at: .unixDomainSocket(path: path), server: server(checksUser: true)) { _ in
            // Until here the umask kept others out: to connect one must be allowed to write.
            chmod(path, 0o600)
            bound()
        }
    }

    /// - Parameter bound: called with the URL under which it accepts connections.
    func tcp(port: Int, bound: @escaping @Sendable (String) -> Void) throws -> some Service {
        let plain = server(checksUser: false)
        let server = try configuration.tls.map { try HTTPServerBuilder.tls(plain, tlsConfiguration: $0.configuration) } ?? plain
        let configuration = configuration
        return listener(at: .hostname(configuration.address, port: port), server: server) { channel in
            bound(configuration.url(port: channel.localAddress?.port ?? port))
        }
    }

    private func server(checksUser: Bool) -> HTTPServerBuilder {
        let limits = configuration.timeouts
        return HTTPServerBuilder { responder in DoorChannel(responder: responder, limits: limits, checksUser: checksUser) }
    }

    private func listener(
        at address: BindAddress, server: HTTPServerBuilder, running: @escaping @Sendable (any Channel) async -> Void
    ) -> some Service {
        Application(
            router: router, server: server,
            configuration: .init(
                address: address, serverName: "trackd",
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.connections, logger: logger)),
            onServerRunning: running, logger: logger)
    }
}
