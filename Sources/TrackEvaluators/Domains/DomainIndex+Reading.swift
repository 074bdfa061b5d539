import TrackCore

extension DomainIndex {
    /// A document's place in its file, and among the domains that are read again.
    struct Reading {
        let file: UInt32
        let line: UInt32
        let domain: UInt32
        let position: UInt32
    }

    /// The documents of some domains of this index in the order in which the files have them.
    static func readings(of domains: [Domain]) -> [Reading] {
        var readings: [Reading] = []
        readings.reserveCapacity(domains.reduce(0) { $0 + $1.entries.count })
        for (domain, content) in domains.enumerated() {
            for (position, entry) in content.entries.enumerated() {
                readings.append(Reading(file: entry.file, line: entry.line, domain: UInt32(domain), position: UInt32(position)))
            }
        }
        readings.sort { ($0.file, $0.line) < ($1.file, $1.line) }
        return readings
    }

    /// Reads documents again, and proves that they are those of the first time.
    ///
    /// - Throws: ``DomainSourceError/changed(file:)``; what `visit` throws.
    func read(_ domains: [Domain], visit: (Reading, DocumentContent) async throws -> Void) async throws {
        let readings = Self.readings(of: domains)
        var next = 0
        while next < readings.count {
            let file = readings[next].file
            let path = source.path(of: Int(file))
            func isWanted(_ line: Int) -> Bool {
                next < readings.count && readings[next].file == file && Int(readings[next].line) == line
            }
            do {
                try await DomainFileReader.read(source.files[Int(file)], at: path, limits: limits, isWanted: isWanted) { found, _ in
                    let reading = readings[next]
                    let entry = domains[Int(reading.domain)].entries[Int(reading.position)]
                    guard case .document(let document, _) = found, PackedDigest(document.digest) == entry.digest else {
                        throw DomainSourceError.changed(file: path)
                    }
                    next += 1
                    try await visit(reading, document.content)
                }
            } catch let error as DomainSourceError {
                guard case .unreadable = error else { throw error }
                throw DomainSourceError.changed(file: path)
            }
            if next < readings.count, readings[next].file == file { throw DomainSourceError.changed(file: path) }
        }
    }
}
