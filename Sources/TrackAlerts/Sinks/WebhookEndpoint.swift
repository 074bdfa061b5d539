import FoundationEssentials
package import TrackCore

/// Where a webhook is sent: https anywhere, http on this machine only, because what an alert says is nobody else's business.
package struct WebhookEndpoint: Hashable, Sendable {
    package let url: String

    /// - Throws: ``Problem``, which does not repeat the address: its path can be a secret.
    package init(_ text: String) throws(Problem) {
        guard let parts = URLComponents(string: text, encodingInvalidCharacters: false), let scheme = parts.scheme?.lowercased(),
            let host = parts.host, !host.isEmpty, scheme == "https" || scheme == "http"
        else { throw Problem(.invalid, "The address of a webhook must begin with https:// and name a host.") }
        guard parts.user == nil, parts.password == nil, parts.fragment == nil else {
            throw Problem(.invalid, "The address of a webhook must hold no user, password or fragment; the signature shows who sends.")
        }
        guard scheme == "https" || Self.isLoopback(host.lowercased()) else {
            throw Problem(.invalid, "A webhook on another machine needs https; http is for 127.0.0.1, ::1 and localhost only.")
        }
        url = text
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }
}
