/// No answer came from the daemon. Whether a request that changes something was carried out is unknown when `reason` is
/// `.interrupted` or `.timedOut`; all of track's own requests may be repeated safely.
package struct DaemonUnreachable: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// There is no socket file.
        case noSocket
        /// Nobody listens there.
        case refused
        /// The socket may not be opened by this user.
        case noPermission
        /// The host's name has no address.
        case unknownHost
        /// No answer within this many seconds.
        case timedOut(seconds: Int64)
        /// The connection broke before the answer was complete.
        case interrupted
        /// Whoever listens there did not prove to be the daemon.
        case notTrusted(Mistrust)
        case other
    }

    package enum Mistrust: Hashable, Sendable {
        /// Its certificate is of another authority, or has expired.
        case authority
        /// Its certificate is for another name.
        case name
        /// It does not speak TLS, or not a version that is safe.
        case noTLS
    }

    package let address: DaemonAddress
    package let reason: Reason

    package init(address: DaemonAddress, reason: Reason) {
        self.address = address
        self.reason = reason
    }

    package var description: String { "trackd does not answer at \(address): \(cause). \(advice)" }

    private var cause: String {
        switch reason {
        case .noSocket: "there is no such socket"
        case .refused: "nothing listens there"
        case .noPermission: "this user may not open it"
        case .unknownHost: "the host's name has no address"
        case .timedOut(let seconds): "no answer within \(seconds) s"
        case .interrupted: "the connection broke before the answer was complete"
        case .notTrusted(.authority): "its certificate is not of an authority that is trusted here, or has expired"
        case .notTrusted(.name): "its certificate is for another name"
        case .notTrusted(.noTLS): "it does not speak TLS 1.2 or newer"
        case .other: "the connection could not be made"
        }
    }

    private var advice: String {
        switch reason {
        case .noSocket, .refused: "Start it with `trackd serve`, or set TRACK_URL to where it runs."
        case .noPermission: "Run this as the user that started trackd, or set TRACK_URL and TRACK_TOKEN_FILE to reach it over TCP."
        case .notTrusted(.authority): "If it is of an authority of your own, set TRACK_CA_FILE to that authority's certificate."
        case .notTrusted(.name): "Set TRACK_URL to a name that the certificate holds."
        case .unknownHost, .notTrusted(.noTLS), .other: "Check TRACK_URL."
        case .timedOut, .interrupted: "Look at the daemon's log, and try again."
        }
    }
}
