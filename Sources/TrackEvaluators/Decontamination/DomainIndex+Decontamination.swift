import TrackCore

extension DomainIndex {
    /// Where a document stands in the index.
    package struct DocumentPlace: Hashable, Sendable {
        let domain: Int
        let position: Int
    }

    /// Reads all documents again, one at a time, for what is looked for in training text.
    ///
    /// - Returns: what looks, and the places of the documents in the order in which they were given to it.
    /// - Throws: ``DomainSourceError``
    package func decontaminator() async throws -> (decontaminator: Decontaminator, places: [DocumentPlace]) {
        var decontaminator = Decontaminator()
        var places: [DocumentPlace] = []
        try await read(domains) { reading, content in
            decontaminator.add(content.parts, of: domains[Int(reading.domain)].name, digest: content.digest)
            places.append(DocumentPlace(domain: Int(reading.domain), position: Int(reading.position)))
        }
        return (decontaminator, places)
    }

    /// Takes documents away; a domain without any goes with its last one.
    package mutating func remove(_ places: [DocumentPlace]) {
        let gone = Set(places)
        for domain in domains.indices {
            domains[domain].entries = domains[domain].entries.enumerated().filter { position, _ in
                !gone.contains(DocumentPlace(domain: domain, position: position))
            }.map(\.element)
        }
        domains.removeAll(where: \.entries.isEmpty)
    }
}
