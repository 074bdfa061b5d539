#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
package import TrackCore

/// The token that goes with requests over TCP.
package enum ClientToken {
    /// Reads `TRACK_TOKEN_FILE`, which must be there, else what `track login` keeps for this address, else, for a daemon on this very
    /// machine, the state folder's own token; both may be missing.
    ///
    /// A file that its group or others may read is refused: a token in it is no longer a secret.
    package static func read(environment: [String: String], folder: StateFolder, address: DaemonAddress) throws -> String? {
        if let chosen = environment["TRACK_TOKEN_FILE"], !chosen.isEmpty {
            guard let token = try read(file: chosen) else {
                throw ClientConfigurationError("There is no token file \(chosen): set TRACK_TOKEN_FILE to a file that exists.")
            }
            return token
        }
        if let kept = LoginFolder(environment: environment)?.file(for: address), let token = try read(file: kept) { return token }
        // An administrator's token of this machine is nothing for another one to see.
        return address.isLoopback ? try read(file: folder.adminToken) : nil
    }

    /// The token in a file, nil when the file is missing.
    package static func read(file: String) throws -> String? {
        let contents: SmallFile.Contents?
        do {
            contents = try SmallFile.contents(of: file, limit: 4096)
        } catch {
            throw ClientConfigurationError("The token file \(file) cannot be read: \(error.reason).")
        }
        guard let contents else { return nil }
        guard contents.mode & 0o077 == 0 else {
            throw ClientConfigurationError(
                "The token file \(file) may be read by other users: run `chmod 600 \(file)`, then renew the token.")
        }
        let token = String(decoding: contents.bytes, as: UTF8.self).trimmingWhitespace()
        let allowed = token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        guard !token.isEmpty, allowed else {
            throw ClientConfigurationError("The token file \(file) does not hold a token: one line of visible ASCII characters.")
        }
        return token
    }
}

extension String {
    /// Without white space at both ends.
    package func trimmingWhitespace() -> String {
        let start = drop { $0.isWhitespace }
        var end = start
        while let last = end.last, last.isWhitespace { end = end.dropLast() }
        return String(end)
    }
}
