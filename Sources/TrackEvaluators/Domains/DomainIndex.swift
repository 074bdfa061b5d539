import FoundationEssentials
package import TrackCore

/// Which documents a source has, by digest and place, without their texts: what a set is chosen from. A document costs 56 bytes.
package struct DomainIndex: Sendable {
    package struct Entry: Hashable, Sendable {
        let digest: PackedDigest
        /// The position of its file in the plan.
        let file: UInt32
        let line: UInt32
        /// Of UTF-8.
        let bytes: UInt32
        /// 0 until they are counted.
        var tokens: UInt32 = 0
    }

    /// A domain with its documents in the order of their digests, so that names and places of files have no say in a choice.
    package struct Domain: Hashable, Sendable {
        package let name: DomainName
        package internal(set) var entries: [Entry]
    }

    let source: DomainSource
    let limits: DomainReadLimits
    /// In the order of their names.
    package internal(set) var domains: [Domain]

    /// Reads the source once. A text that stands at several places is the document at the first of them.
    ///
    /// - Throws: ``DomainSourceError``, also for a domain without documents.
    package static func build(
        of source: DomainSource, limits: DomainReadLimits = DomainReadLimits(), progress: (DomainReadProgress) -> Void = { _ in }
    ) async throws -> (index: DomainIndex, report: DomainSourceReport) {
        var names: [DomainName] = []
        var numbers: [DomainName: UInt32] = [:]
        var rows: [Row] = []
        var report = try await source.read(limits: limits, progress: progress) { found in
            let document = found.document
            let number = numbers[document.domain] ?? UInt32(names.count)
            if Int(number) == names.count {
                names.append(document.domain)
                numbers[document.domain] = number
            }
            let entry = Entry(
                digest: PackedDigest(document.digest), file: UInt32(found.file), line: UInt32(found.place.line),
                bytes: UInt32(document.content.byteCount))
            rows.append(Row(entry: entry, domain: number))
        }
        let broken = Set(report.unreadable.compactMap(\.file).map(UInt32.init))
        if !broken.isEmpty { rows.removeAll { broken.contains($0.entry.file) } }
        dropDuplicates(&rows, source, &report)
        report.documents = rows.count
        report.bytes = rows.reduce(0) { $0 + Int64($1.entry.bytes) }
        let order = names.indices.sorted { names[$0] < names[$1] }
        var domains = order.map { Domain(name: names[$0], entries: []) }
        var rank = [Int](repeating: 0, count: names.count)
        for (position, number) in order.enumerated() { rank[number] = position }
        // The rows are in the order of their digests, and so is every domain.
        for row in rows { domains[rank[Int(row.domain)]].entries.append(row.entry) }
        domains.removeAll(where: \.entries.isEmpty)
        try refuseEmpty(domains, source, broken)
        return (DomainIndex(source: source, limits: limits, domains: domains), report)
    }

    private struct Row {
        let entry: Entry
        let domain: UInt32
    }

    private static func dropDuplicates(_ rows: inout [Row], _ source: DomainSource, _ report: inout DomainSourceReport) {
        rows.sort { ($0.entry.digest, $0.entry.file, $0.entry.line) < ($1.entry.digest, $1.entry.file, $1.entry.line) }
        var dropped: [Entry] = []
        var last: PackedDigest?
        rows.removeAll { row in
            let isAgain = row.entry.digest == last
            last = row.entry.digest
            if isAgain { dropped.append(row.entry) }
            return isAgain
        }
        dropped.sort { ($0.file, $0.line) < ($1.file, $1.line) }
        for entry in dropped {
            report.leaveOut(.duplicate, SourcePlace(path: source.path(of: Int(entry.file)), line: Int(entry.line)))
        }
    }

    /// A domain that is named by a file or folder must have a document; of Paloma's layout, a source must: one of its domains became empty
    /// when it was cleaned, and its file is still there.
    private static func refuseEmpty(_ domains: [Domain], _ source: DomainSource, _ broken: Set<UInt32>) throws {
        let names = Set(domains.map(\.name))
        let sources = Set(domains.map(\.name.source))
        for (index, file) in source.files.enumerated() where !broken.contains(UInt32(index)) {
            guard file.readsSubdomain ? !sources.contains(file.domain.source) : !names.contains(file.domain) else { continue }
            let path = source.path(of: index)
            let place = file.path.isEmpty || file.form == .lines ? path : path.parentFolder
            throw DomainSourceError.emptyDomain(domain: file.domain.description, place: place)
        }
        guard !domains.isEmpty else { throw DomainSourceError.nothingToRead(path: source.base) }
    }
}

/// The 32 bytes of a digest without an allocation of their own; in the same order.
struct PackedDigest: Hashable, Sendable, Comparable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(_ digest: Digest) {
        func word(_ index: Int) -> UInt64 { digest.bytes[(8 * index)..<(8 * index + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
        words = (word(0), word(1), word(2), word(3))
    }

    static func == (a: PackedDigest, b: PackedDigest) -> Bool { a.words == b.words }

    static func < (a: PackedDigest, b: PackedDigest) -> Bool { a.words < b.words }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
