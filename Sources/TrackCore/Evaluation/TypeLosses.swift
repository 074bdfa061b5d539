/// Which vocabulary types carry the loss of a domain: those with the largest summed NLL, and what all the others come to together, so that
/// the whole is the domain's own. A type is an entry of the tokenizer's vocabulary; a token is one place in a text where it stands.
package struct TypeLosses: Hashable, Sendable, Codable {
    /// Of the types that are not listed.
    package struct Rest: Hashable, Sendable, Codable {
        package var count: Int64
        /// Nats.
        package var nll: Double

        package init(count: Int64, nll: Double) {
            self.count = count
            self.nll = nll
        }
    }

    /// In the order of falling ``nll``; the other arrays go with it.
    package var id: [Int64]
    /// What the type reads as; bytes that are no text of their own stand as `<0xE2>`.
    package var text: [String]
    /// Scored tokens of this type, ≥ 1.
    package var count: [Int64]
    /// Summed over them, in nats; +∞ allowed.
    package var nll: [Double]
    package var rest: Rest

    package init(id: [Int64], text: [String], count: [Int64], nll: [Double], rest: Rest) {
        self.id = id
        self.text = text
        self.count = count
        self.nll = nll
        self.rest = rest
    }

    /// Types of one domain that a run may list.
    package static let maximum = 1000
    /// UTF-8 bytes of one type's text.
    package static let longestText = 256
    /// How many an evaluator is asked for.
    package static let usual = 50
    /// Relative: both sides add the same numbers in another order.
    static let tolerance = 1e-9

    /// The largest summed NLL that a type which is not listed can have, in nats.
    package var bound: Double { rest.count == 0 ? 0 : min(rest.nll, nll.last ?? rest.nll) }
}

extension TypeLosses {
    /// What breaks their rules in a domain with so many scored tokens and this summed NLL.
    package func faults(tokens: Int64, nll total: Double) -> [Fault] {
        let size = id.count
        guard (1...Self.maximum).contains(size) else {
            return [Fault(field: "/types/id", reason: "must list 1 to \(Self.maximum) types; leave \"types\" out where none is known")]
        }
        var faults: [Fault] = []
        for (name, length) in [("text", text.count), ("count", count.count), ("nll", nll.count)] where length != size {
            faults.append(Fault(field: "/types/\(name)", reason: "has \(length) values where id has \(size)"))
        }
        if let bad = id.firstIndex(where: { $0 < 0 || $0 > Int64(Int32.max) }) {
            faults.append(Fault(field: "/types/id/\(bad)", reason: "must be from 0 to \(Int32.max)"))
        }
        if Set(id).count != size { faults.append(Fault(field: "/types/id", reason: "names a type twice")) }
        if let bad = text.firstIndex(where: { $0.utf8.count > Self.longestText || $0.utf8.contains(0) }) {
            faults.append(
                Fault(field: "/types/text/\(bad)", reason: "must have at most \(Self.longestText) bytes and no NUL character"))
        }
        if let bad = nll.firstIndex(where: { $0.isNaN || $0 < 0 }) ?? (rest.nll.isNaN || rest.nll < 0 ? size : nil) {
            faults.append(Fault(field: bad == size ? "/types/rest/nll" : "/types/nll/\(bad)", reason: "must be at least 0 nats or \"inf\""))
        }
        guard faults.isEmpty else { return faults }
        if zip(nll, nll.dropFirst()).contains(where: { $0 < $1 }) {
            faults.append(Fault(field: "/types/nll", reason: "must fall: the type with the largest loss comes first"))
        }
        if count.contains(where: { $0 < 1 }) || rest.count < 0 || !TokenHistogram.adds(count + [rest.count], upTo: tokens) {
            faults.append(Fault(field: "/types/count", reason: "does not add up to the scored tokens with that of the rest"))
        }
        let sum = CompensatedTotal.of(nll + [rest.nll])
        if !(sum == total || abs(sum - total) <= Self.tolerance * total) || (rest.count == 0 && rest.nll != 0) {
            faults.append(Fault(field: "/types/nll", reason: "does not add up to the domain's NLL with that of the rest"))
        }
        return faults
    }
}

extension TypeLosses {
    /// The same with texts that a run can hold: a vocabulary may hold anything, and the hours before it count for more than a character.
    package var recordable: TypeLosses {
        var copy = self
        copy.text = text.map { text in
            var kept = String.UnicodeScalarView()
            var bytes = 0
            for scalar in text.unicodeScalars {
                let isCharacter = scalar != "\0" && !(scalar.value & 0xfffe == 0xfffe || (0xfdd0...0xfdef).contains(scalar.value))
                let shown = isCharacter ? scalar : "\u{fffd}"
                bytes += UTF8.width(shown)
                guard bytes <= Self.longestText else { break }
                kept.append(shown)
            }
            return String(kept)
        }
        return copy
    }
}
