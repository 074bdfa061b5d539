#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import TrackCore

/// The tokens that `track login` keeps for one user: a file of mode 0600 for each daemon.
package struct LoginFolder: Hashable, Sendable {
    package let path: String

    /// `$XDG_CONFIG_HOME/track/tokens`, else `~/.config/track/tokens`; nil when neither variable says where.
    package init?(environment: [String: String]) {
        if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") {
            path = base + "/track/tokens"
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            path = home + "/.config/track/tokens"
        } else {
            return nil
        }
    }

    /// Named after the daemon's address, which has no path and no secret.
    package func file(for address: DaemonAddress) -> String? {
        guard case .network(let base) = address else { return nil }
        return path + "/" + Route.encoded(base.lowercased())
    }

    /// Keeps a token in place of an earlier one for the same daemon.
    package func keep(_ token: String, for address: DaemonAddress) throws {
        guard let file = file(for: address) else { return }
        let files = SpoolFiles(fault: { _ in nil })
        let draft = "\(path)/.\(AccessToken.make().id)"
        do {
            try files.makeFolder(path, mode: 0o700)
            try files.create(draft, Array((token + "\n").utf8))
            try files.move(draft, to: file, in: path)
        } catch {
            files.remove(draft)
            throw ClientConfigurationError("The token cannot be kept: \(error).")
        }
    }

    /// Forgets the token for a daemon.
    ///
    /// - Returns: whether there was one.
    package func forget(_ address: DaemonAddress) throws(ClientConfigurationError) -> Bool {
        guard let file = file(for: address) else { return false }
        if unlink(file) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else {
            throw ClientConfigurationError("The token file \(file) cannot be removed: \(SystemFailure("", code: errno).reason).")
        }
        return false
    }
}
