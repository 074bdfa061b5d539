import FoundationEssentials
import SystemPackage

/// Lists what lies below a folder of held-out text.
enum DomainFolder {
    /// Levels of folders that are looked into.
    static let maximumDepth = 8

    /// Paths of files below the folder, and what could not be followed. Hidden entries are left out. A folder in which nothing can be read
    /// is an empty domain, which is an error.
    static func list(_ base: String) throws -> (files: [String], unreadable: [DomainSourceReport.Unreadable]) {
        var files: [String] = []
        var unreadable: [DomainSourceReport.Unreadable] = []
        func visit(_ relative: String, inside ancestors: [FileStamp.Identity]) throws {
            let folder = relative.isEmpty ? base : base + "/" + relative
            func report(_ path: String, _ reason: String) { unreadable.append(.init(path: path, reason: reason, file: nil)) }
            guard let identity = try? FileReader.stamp(of: folder).identity,
                let entries = try? FileManager.default.contentsOfDirectory(atPath: folder)
            else { return report(folder, "its entries cannot be listed; check its permissions") }
            guard !ancestors.contains(identity) else { return report(folder, "the link leads back to a folder that it lies in") }
            guard ancestors.count < maximumDepth else { return report(folder, "it lies more than \(maximumDepth) folders deep") }
            let visible = entries.filter { !$0.hasPrefix(".") }.sorted()
            if visible.isEmpty, !relative.isEmpty {
                throw DomainSourceError.emptyDomain(domain: relative, place: folder)
            }
            for name in visible {
                let path = relative.isEmpty ? name : relative + "/" + name
                var isFolder = false
                if !FileManager.default.fileExists(atPath: base + "/" + path, isDirectory: &isFolder) {
                    report(base + "/" + path, "the link leads nowhere")
                } else if isFolder {
                    try visit(path, inside: ancestors + [identity])
                } else {
                    files.append(path)
                }
            }
        }
        try visit("", inside: [])
        return (files, unreadable)
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
