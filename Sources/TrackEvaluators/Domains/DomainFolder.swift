import FoundationEssentials

/// Lists what lies below a folder of held-out text.
enum DomainFolder {
    /// Levels of folders that are looked into.
    static let maximumDepth = 8

    /// Paths of files below the folder. Hidden entries are left out. A folder in which nothing can be read is an empty domain, which is an
    /// error.
    static func files(below base: String) throws -> [String] {
        var files: [String] = []
        func visit(_ relative: String, depth: Int) throws {
            let folder = relative.isEmpty ? base : base + "/" + relative
            let entries: [String]
            do {
                entries = try FileManager.default.contentsOfDirectory(atPath: folder)
            } catch {
                throw DomainSourceError.unreadable(file: folder, reason: "its entries cannot be listed; check its permissions")
            }
            let visible = entries.filter { !$0.hasPrefix(".") }.sorted()
            if visible.isEmpty, !relative.isEmpty {
                throw DomainSourceError.emptyDomain(domain: relative, place: folder)
            }
            for name in visible {
                let path = relative.isEmpty ? name : relative + "/" + name
                var isFolder = false
                guard FileManager.default.fileExists(atPath: base + "/" + path, isDirectory: &isFolder) else {
                    throw DomainSourceError.unreadable(file: base + "/" + path, reason: "the link leads nowhere")
                }
                if !isFolder {
                    files.append(path)
                } else if depth < maximumDepth {
                    try visit(path, depth: depth + 1)
                } else {
                    throw DomainSourceError.unreadable(file: base + "/" + path, reason: "it lies more than \(maximumDepth) folders deep")
                }
            }
        }
        try visit("", depth: 1)
        return files
    }
}

extension String {
    /// The path relative to this one; an absolute path stays as it is. Dots are resolved by name.
    func appendingPath(_ path: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : self + "/" + path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Everything before the last `/`.
    var parentFolder: String { split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") }
}
