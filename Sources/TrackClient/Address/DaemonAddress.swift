package import TrackCore

/// Where a daemon listens.
package enum DaemonAddress: Hashable, Sendable, CustomStringConvertible {
    /// The path of a Unix socket.
    case socket(String)
    /// `http://host:port` or `https://host:port`, without a path.
    case network(String)

    /// Reads `http://host:port`, `https://host:port`, `unix:/path` or an absolute path; anything else is refused with a reason.
    package init(_ text: String) throws(ClientConfigurationError) {
        if text.hasPrefix("unix:") || text.hasPrefix("/") {
            var path = text.hasPrefix("unix:") ? String(text.dropFirst(5)) : text
            if path.hasPrefix("///") { path = String(path.dropFirst(2)) }
            guard path.hasPrefix("/") else {
                throw ClientConfigurationError("The daemon's address \"\(text)\" is not an absolute path: write unix:/path/to/trackd.sock.")
            }
            guard StateFolder.isSocketPathShortEnough(path) else {
                throw ClientConfigurationError(
                    "The path of the daemon's socket has \(path.utf8.count) bytes, and the system allows \(StateFolder.longestSocketPath): "
                        + path)
            }
            self = .socket(path)
            return
        }
        let base = text.hasSuffix("/") ? String(text.dropLast()) : text
        for scheme in ["http://", "https://"] where base.hasPrefix(scheme) {
            let rest = base.dropFirst(scheme.count)
            // A control character would break the request's first line.
            let forbidden = rest.contains { "/?#@".contains($0) || $0.isWhitespace } || rest.utf8.contains { $0 < 0x20 || $0 == 0x7f }
            guard !rest.isEmpty, !forbidden else { break }
            self = .network(base)
            return
        }
        throw ClientConfigurationError(
            "The daemon's address \"\(text)\" is not understood: write http://host:port, https://host:port or unix:/path/to/trackd.sock.")
    }

    /// `TRACK_URL`, else the state folder's socket. `redirect` is what the folder's address file holds, nil when there is none.
    package static func standard(
        environment: [String: String], folder: StateFolder, redirect: String?
    ) throws(ClientConfigurationError) -> DaemonAddress {
        if let url = environment["TRACK_URL"], !url.isEmpty { return try DaemonAddress(url) }
        if let redirect { return try DaemonAddress(redirect) }
        return .socket(folder.socket)
    }

    package var description: String {
        switch self {
        case .socket(let path): "the Unix socket \(path)"
        case .network(let base): base
        }
    }

    /// Whether nobody on the way can read what is sent: a Unix socket, https, or http that does not leave this machine.
    package var isConfidential: Bool {
        guard case .network(let base) = self, base.hasPrefix("http://") else { return true }
        return isLoopback
    }

    /// Whether requests cross a network, where a token is needed.
    package var isNetwork: Bool {
        if case .network = self { true } else { false }
    }

    /// Whether requests go to a port of this machine.
    package var isLoopback: Bool {
        guard case .network(let base) = self, let host = base.rest(after: "http://") ?? base.rest(after: "https://") else { return false }
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        return name == "localhost" || name == "[::1]" || name.isLoopbackV4
    }
}

extension String {
    /// The rest behind a prefix that must be there.
    fileprivate func rest(after prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}

extension Substring {
    /// `127.0.0.1` and its like; a name that only begins so is not one.
    fileprivate var isLoopbackV4: Bool {
        let parts = split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
