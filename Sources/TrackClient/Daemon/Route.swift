/// One request as a value: what to ask, how long to wait, and whether asking twice is the same as asking once.
package struct Route: Hashable, Sendable {
    package enum Method: String, Sendable { case get = "GET", post = "POST" }

    package let method: Method
    /// Percent-encoded, with the query.
    package let path: String
    /// Whether a repeat after an unknown outcome is harmless.
    package let isRepeatable: Bool
    /// Seconds until the whole answer must be there.
    package let limit: Int64

    package init(_ method: Method, _ path: [String], query: [(String, String?)] = [], isRepeatable: Bool = true, limit: Int64 = 30) {
        self.method = method
        let given = query.compactMap { key, value in value.map { key + "=" + Route.encoded($0) } }
        self.path = "/" + path.map(Route.encoded).joined(separator: "/") + (given.isEmpty ? "" : "?" + given.joined(separator: "&"))
        self.isRepeatable = isRepeatable
        self.limit = limit
    }

    /// `GET /v1/status`, for messages.
    package var description: String { method.rawValue + " " + path }

    /// Percent-encodes everything but RFC 3986's unreserved characters.
    package static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var units: [UInt8] = []
        for unit in text.utf8 {
            switch unit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                units.append(unit)
            default: units.append(contentsOf: [UInt8(ascii: "%"), digits[Int(unit >> 4)], digits[Int(unit & 15)]])
            }
        }
        return String(decoding: units, as: UTF8.self)
    }
}
