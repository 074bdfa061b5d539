/// A revision as recording asks it: where a name stands, how many documents are there, and in which order the canonical form goes.
///
/// Made once per revision and kept: all of it is as immutable as the revision.
package final class FrozenOrder: Sendable {
    package let revision: DomainSetRevision
    let names: NameList
    /// Positions in the order of their names, which is that of the canonical form.
    let byName: [Int]
    private let positions: [String: Int]

    package init(_ revision: DomainSetRevision) {
        self.revision = revision
        names = revision.domains.reduce(into: NameList()) { $0.append($1.name) }
        byName = revision.domains.indices.sorted { revision.domains[$0].name < revision.domains[$1].name }
        positions = Dictionary(revision.domains.enumerated().map { ($1.name.description, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package var count: Int { names.count }

    /// Where each of the names stands; nil when one is not of the revision or stands twice.
    ///
    /// A record usually has its domains in the frozen order, so that the place after the last one is tried first.
    func positions(of list: NameList) -> [Int]? {
        var found: [Int] = []
        found.reserveCapacity(list.count)
        var isTaken = [Bool](repeating: false, count: count)
        var guess = 0
        for index in 0..<list.count {
            if guess >= count || !list.isSame(index, as: names, guess) {
                guard let position = positions[list.string(index)] else { return nil }
                guess = position
            }
            guard !isTaken[guess] else { return nil }
            isTaken[guess] = true
            found.append(guess)
            guess += 1
        }
        return found
    }
}
