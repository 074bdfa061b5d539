/// The name of a domain inside a set, `source/domain` as in Paloma, for example `legal/licences`.
///
/// A set that has only one level uses the same word twice. Both parts obey the rule of ``Name``.
package struct DomainName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let source: String
    package let domain: String

    package init?(source: String, domain: String) {
        guard Name.isValid(source), Name.isValid(domain) else { return nil }
        self.source = source
        self.domain = domain
    }

    /// Reads `source/domain`; nil for anything else.
    package init?(_ text: String) {
        // Both parts of a valid name are ASCII, so that bytes say the same as characters, and faster.
        let bytes = text.utf8
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let (source, domain) = (bytes[..<slash], bytes[bytes.index(after: slash)...])
        guard Name.isValid(source), Name.isValid(domain) else { return nil }
        self.source = String(Substring(source))
        self.domain = String(Substring(domain))
    }

    package var description: String { source + "/" + domain }

    package static func < (a: DomainName, b: DomainName) -> Bool {
        (a.source, a.domain) < (b.source, b.domain)
    }
}

extension DomainName: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let name = DomainName(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "a domain is named source/domain, each part of letters, digits, '.', '_' and '-'")
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
