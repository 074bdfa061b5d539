import FoundationEssentials
import Postgres
import TrackAlerts
import TrackClient
import TrackCore
import TrackEvaluators
import TrackReview
import TrackScorecards

extension ParserProperty {
    /// Single words: ids, digests, times, names, weeks.
    static let words = ParserProperty(
        name: "words",
        seeds: {
            [
                "0192f3a4-5b6c-7d8e-9f00-112233445566", "sha256:" + String(repeating: "0a", count: 32), "2026-11-23T05:41:07.250Z",
                "2026-11-23T05:41:07+01:00", "legal/licences", "2026-W47",
            ].map { Array($0.utf8) }
        },
        holds: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let isAccepted = [
                try comesBack(text, RunID.init(_:), { $0.lowercased() == $1 }), try comesBack(text, Digest.init(_:)),
                try comesBack(text, Timestamp.init(_:)), try comesBack(text, DomainName.init(_:), ==),
                try comesBack(text, ISOWeek.init(_:), ==),
            ]
            if let slug = Name.slug(of: text) {
                try require(Name.isValid(slug) && Name.slug(of: slug) == slug, "\(slug) is no name")
            }
            if Name.isValid(text) { try require(Name.slug(of: text) != nil && !text.contains("/"), "\(text) is a name without a slug") }
            if let path = CardPath(lineage: text, id: 7, week: "2026-W47") {
                try require(Name.isValid(path.folder), "\(path.folder) is no folder of a card")
            }
            if let path = CardPath(lineage: "a", id: 7, week: text) { try require(path.html == "a-7/\(text).html", "\(path.html)") }
            if let path = FileURI.path(ofURI: text) {
                try require(path.hasPrefix("/") && !path.utf8.contains(0), "\(path) is no path")
                try require(FileURI.path(ofURI: FileURI.uri(ofPath: path)) == path, "\(path) does not survive its URI")
            }
            _ = WordCount.of(text)
            return isAccepted.contains(true)
        })

    /// A value that a text gives is the value that its own text gives.
    private static func comesBack<Value: Equatable & CustomStringConvertible>(
        _ text: String, _ read: (String) -> Value?, _ isSpelling: (String, String) -> Bool = { _, _ in true }
    ) throws -> Bool {
        guard let value = read(text) else { return false }
        try require(read(value.description) == value, "\(text.debugDescription) is read as \(value), and that as something else")
        try require(isSpelling(text, value.description), "\(text.debugDescription) is taken for \(value)")
        return true
    }

    /// Addresses, tokens and secrets.
    static let addresses = ParserProperty(
        name: "addresses",
        seeds: {
            [
                "http://127.0.0.1:7450", "https://track.example:443/", "unix:///run/trackd.sock", "/run/trackd.sock",
                "https://hooks.example/a?b=c", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
                "postgresql://u:p%40@db.example:5432/d?sslmode=verify-full&sslrootcert=/r.pem", "postgresql:///d?host=/run&user=u",
                "trk_token\n",
            ].map { Array($0.utf8) }
        },
        holds: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            var isAccepted = false
            if let address = try? DaemonAddress(text) {
                isAccepted = true
                switch address {
                case .socket(let path):
                    try require(path.hasPrefix("/") && StateFolder.isSocketPathShortEnough(path), "\(path) is no socket's path")
                case .network(let base):
                    try require(try DaemonAddress(base) == address, "\(base) is another address")
                    try require(!base.utf8.contains { $0 <= 0x20 || $0 == 0x7f }, "\(base.debugDescription) breaks a request")
                }
            }
            if let endpoint = try? WebhookEndpoint(text) {
                isAccepted = true
                try require(!endpoint.url.utf8.contains { $0 <= 0x20 || $0 == 0x7f }, "\(endpoint.url.debugDescription) breaks a request")
            }
            if (try? WebhookSecret(text)) != nil { isAccepted = true }
            do throws(PostgresError) {
                _ = try DatabaseConfiguration(url: text, schema: "track")
                isAccepted = true
            } catch {
                try require(error.code == .invalidConfiguration, "a bad address of a database is \(error.code)")
            }
            return try ScratchFolder.with { folder in
                try folder.write(bytes, "token")
                guard let token = try accepted({ try ClientToken.read(file: folder.path + "/token") }) else { return isAccepted }
                try require(token?.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } ?? true, "a token breaks a header")
                return true
            }
        })
}
