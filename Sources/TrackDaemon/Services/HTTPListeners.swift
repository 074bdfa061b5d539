import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import TrackAPI
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The daemon's two doors: a Unix socket for its own user, and the loopback address with a token.
enum HTTPListeners {
    /// - Parameter bound: called with the socket's path once it accepts connections.
    static func unixSocket(
        _ path: String, router: Router<APIContext>, logger: Logger, bound: @escaping @Sendable () -> Void
    ) -> some Service {
        Application(
            router: router, server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(address: .unixDomainSocket(path: path), serverName: "trackd"),
            onServerRunning: { _ in
                // Until here the umask kept others out: to connect one must be allowed to write.
                chmod(path, 0o600)
                bound()
            },
            logger: logger)
    }

    static func loopback(
        port: Int, router: Router<APIContext>, logger: Logger, bound: @escaping @Sendable (Int) -> Void
    ) -> some Service {
        Application(
            router: router, server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "trackd"),
            onServerRunning: { channel in bound(channel.localAddress?.port ?? port) },
            logger: logger)
    }
}
