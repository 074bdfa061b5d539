import TrackCore

/// One file to read, and which domain its documents belong to.
struct PlannedFile: Hashable {
    enum Form: Hashable { case text, lines }

    /// Below the place that was named; empty for that place itself.
    let path: String
    let form: Form
    let isCompressed: Bool
    let domain: DomainName
    /// Whether a line's field `subdomain` names the domain inside the source.
    let readsSubdomain: Bool
}

/// Decides from names alone which file belongs to which domain:
///
/// * `<domain>/*.txt` and `<source>/<domain>/*.txt`, one document per file; deeper folders belong to the second level;
/// * `<domain>.jsonl` and `<source>/<domain>.jsonl`, one document per line; deeper, the second level is the domain;
/// * Paloma's `<source>/{val,test}/*.jsonl`, of which one split is read; the field `subdomain` names the domain, else the source does.
///
/// Every file may be compressed, with `.gz` behind its name.
enum DomainLayout {
    static let splits: Set<String> = ["val", "test"]

    /// - Parameters:
    ///   - root: the name of the place itself, for files that lie in it directly.
    ///   - files: paths below the place.
    ///   - split: `val` or `test`, for sources that have both.
    static func plan(root: String, files: [String], split: String) throws -> (files: [PlannedFile], others: Int) {
        var planned: [PlannedFile] = []
        var others = 0
        var sourcesWithSplits: Set<String> = []
        for path in files.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let parts = path.split(separator: "/").map(String.init)
            guard let file = parts.last, let kind = kind(of: file) else {
                others += 1
                continue
            }
            let folders = parts.dropLast()
            func add(_ source: String, _ domain: String, readsSubdomain: Bool = false) throws {
                planned.append(
                    PlannedFile(
                        path: path, form: kind.form, isCompressed: kind.isCompressed, domain: try name(source, domain),
                        readsSubdomain: readsSubdomain))
            }
            if kind.form == .lines, let last = folders.last, splits.contains(last) {
                let source = folders.count > 1 ? folders[folders.count - 2] : root
                sourcesWithSplits.insert(source)
                if last == split { try add(source, source, readsSubdomain: true) }
                continue
            }
            let levels = kind.form == .text ? Array(folders) : Array(folders) + [kind.stem]
            if levels.isEmpty { try add(root, root) } else { try add(levels[0], levels.count > 1 ? levels[1] : levels[0]) }
        }
        let found = Set(planned.filter(\.readsSubdomain).map(\.domain.source))
        if let lacking = sourcesWithSplits.sorted().first(where: { !found.contains(slug(of: $0) ?? "") }) {
            throw DomainSourceError.splitMissing(source: lacking, split: split)
        }
        try refuseClashes(planned)
        return (planned, others)
    }

    /// The plan for a single file.
    static func plan(file: String) throws -> PlannedFile? {
        guard let kind = kind(of: file) else { return nil }
        return PlannedFile(
            path: "", form: kind.form, isCompressed: kind.isCompressed, domain: try name(kind.stem, kind.stem), readsSubdomain: false)
    }

    static func name(_ source: String, _ domain: String) throws -> DomainName {
        guard let sourceSlug = slug(of: source) else { throw DomainSourceError.unusableName(source) }
        guard let domainSlug = slug(of: domain) else { throw DomainSourceError.unusableName(domain) }
        guard let name = DomainName(source: sourceSlug, domain: domainSlug) else { throw DomainSourceError.unusableName(domain) }
        return name
    }

    /// C, C++ and C# are three programming languages, and three domains of Paloma.
    private static func slug(of text: String) -> String? {
        var spelled = ""
        for character in text {
            switch character {
            case "+": spelled += "plus"
            case "#": spelled += "sharp"
            default: spelled.append(character)
            }
        }
        return Name.slug(of: spelled)
    }

    private static func kind(of file: String) -> (form: PlannedFile.Form, isCompressed: Bool, stem: String)? {
        let isCompressed = file.hasSuffix(".gz")
        let plain = isCompressed ? String(file.dropLast(3)) : file
        let forms: [(String, PlannedFile.Form)] = [(".jsonl", .lines), (".txt", .text)]
        for (ending, form) in forms where plain.hasSuffix(ending) && plain.utf8.count > ending.utf8.count {
            return (form, isCompressed, String(plain.dropLast(ending.count)))
        }
        return nil
    }

    /// Folders and files with different names must not fall into one domain because their names are written alike.
    private static func refuseClashes(_ files: [PlannedFile]) throws {
        var places: [DomainName: String] = [:]
        for file in files {
            let parts = file.path.split(separator: "/").map(String.init)
            let place: String
            if file.readsSubdomain {
                place = parts.dropLast(2).joined(separator: "/")
            } else {
                place = (file.form == .text ? Array(parts.dropLast()) : parts).prefix(2).joined(separator: "/")
            }
            if let other = places[file.domain], other != place {
                throw DomainSourceError.clash(domain: file.domain, places: [other, place])
            }
            places[file.domain] = place
        }
    }
}
