import NIOCore
package import TrackAPI

/// What `trackd` can be told about its doors.
package struct ListenerConfiguration: Sendable {
    /// `http.address`: an address or a name; where the TCP listener stands.
    package var address: String
    /// `http.port`; nil with `http.enabled` off: the Unix socket only.
    package var port: Int?
    /// `http.tls.certificate`, `http.tls.key`
    package var tls: TLSFiles?
    /// `http.hosts` and the names that need no saying.
    package var hosts: Set<String>
    /// `http.connections`, for each listener
    package var connections: Int
    /// `http.headTimeout`, `http.bodyTimeout`, `http.idleTimeout`, seconds
    var timeouts: ConnectionClock.Limits
    /// `limits.claims`, `limits.writes`, `limits.reads`, `limits.failedAuthentications`
    package var rates: RateLimits

    /// `https://…` or `http://…`, with the port that was bound.
    func url(port: Int) -> String {
        (tls == nil ? "http://" : "https://") + (address.contains(":") ? "[\(address)]" : address) + ":\(port)"
    }
}

extension ListenerConfiguration {
    static func read(_ settings: inout SettingSource) -> ListenerConfiguration {
        let listens = settings.boolean("http.enabled", default: true)
        let address = settings.string("http.address", default: "127.0.0.1")
        let port = settings.integer("http.port", default: 7450, in: 0...65535)
        let hosts = settings.strings("http.hosts")
        let isBehindProxy = settings.boolean("http.behindProxy", default: false)
        let tls = tls(&settings)
        if listens, !isLoopback(address), tls == nil, !isBehindProxy {
            settings.fault(
                "track.http.address is \(address), which others can reach, and without TLS everybody on the way could read the tokens. "
                    + "Give track.http.tls.certificate and track.http.tls.key; or, if a proxy in front of trackd speaks TLS, set "
                    + "track.http.behindProxy; or listen on 127.0.0.1.")
        }
        for host in hosts where host.contains("/") || host.isEmpty {
            settings.fault("track.http.hosts holds names and addresses without scheme and port; \"\(host)\" is none.")
        }
        return ListenerConfiguration(
            address: address, port: listens ? port : nil, tls: tls, hosts: standardHosts(address).union(hosts),
            connections: settings.integer("http.connections", default: 1536, in: 16...1_000_000),
            timeouts: ConnectionClock.Limits(
                head: TimeAmount(settings.seconds("http.headTimeout", default: 10, in: 0.1...3600)),
                body: TimeAmount(settings.seconds("http.bodyTimeout", default: 30, in: 0.1...3600)),
                idle: TimeAmount(settings.seconds("http.idleTimeout", default: 60, in: 0.1...3600))),
            rates: RateLimits(
                claims: settings.integer("limits.claims", default: 50, in: 1...1_000_000),
                writes: settings.integer("limits.writes", default: 5000, in: 1...1_000_000),
                reads: settings.integer("limits.reads", default: 1000, in: 1...1_000_000),
                failedAuthentications: settings.integer("limits.failedAuthentications", default: 5, in: 1...1_000_000)))
    }

    /// This machine's own names, and the address that was chosen, unless it stands for all addresses.
    private static func standardHosts(_ address: String) -> Set<String> {
        let own: Set = ["localhost", "127.0.0.1", "[::1]"]
        return ["0.0.0.0", "::"].contains(address) ? own : own.union([address.contains(":") ? "[\(address)]" : address])
    }

    /// Whether only this machine can reach it. A name other than localhost may lead anywhere.
    static func isLoopback(_ address: String) -> Bool {
        if address == "localhost" || address == "::1" { return true }
        return address.hasPrefix("127.") && (try? SocketAddress(ipAddress: address, port: 0)) != nil
    }

    private static func tls(_ settings: inout SettingSource) -> TLSFiles? {
        switch (settings.optionalString("http.tls.certificate"), settings.optionalString("http.tls.key")) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            do {
                return try TLSFiles(certificate: certificate, key: key)
            } catch {
                settings.fault(error.description)
                return nil
            }
        case (nil, _):
            settings.fault("track.http.tls.key is given without track.http.tls.certificate.")
            return nil
        case (_, nil):
            settings.fault("track.http.tls.certificate is given without track.http.tls.key.")
            return nil
        }
    }
}
