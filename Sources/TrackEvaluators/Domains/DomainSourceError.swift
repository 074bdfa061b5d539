package import TrackCore

/// Why held-out text is not read. The description is the sentence for the person who named the place.
package enum DomainSourceError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(path: String)
    case nothingToRead(path: String)
    case emptyDomain(domain: String, place: String)
    /// A source of Paloma's layout without the split that was asked for.
    case splitMissing(source: String, split: String)
    /// Nothing of this text can stand in a domain's name.
    case unusableName(String)
    /// Two places whose names become one domain.
    case clash(domain: DomainName, places: [String])
    /// A file that cannot be read to its end.
    case unreadable(file: String, reason: String)
    case unreadableFiles(first: String, reason: String, others: [String])
    /// More documents that cannot be read than are left out of a set.
    case damaged(documents: Int, of: Int, places: [String], isStrict: Bool)
    /// Somebody wrote to it while it was read.
    case changed(file: String)
    /// Nowhere to keep the chosen documents until they are sent.
    case noRoom(folder: String, reason: String)
    case notCounted(reason: String)

    package var description: String {
        switch self {
        case .missing(let path): "There is nothing at \(path)."
        case .nothingToRead(let path):
            "\(path) holds no text: .txt files in a folder per domain, or .jsonl files with \"text\", \"messages\", or \"prompt\" and "
                + "\"completion\" on every line; .gz behind the name is read too."
        case .emptyDomain(let domain, let place):
            "Domain \(domain) is empty: \(place) holds no document with text that no other domain has. Add text to it or take it away."
        case .splitMissing(let source, let split): "\(source) has no folder \(split). Name another split with --split."
        case .unusableName(let text): "\(text.debugDescription) cannot name a domain: it needs a letter or a digit."
        case .clash(let domain, let places): "\(places.joined(separator: " and ")) would both be domain \(domain). Rename one of them."
        case .unreadable(let file, let reason): "Cannot read \(file): \(reason)."
        case .unreadableFiles(let first, let reason, let others):
            "Cannot read \(first): \(reason)." + Self.others(others)
                + " Nothing was made: a revision stays without them for ever. Put it right, or leave them out with --skip-unreadable."
        case .damaged(let documents, let all, let places, let isStrict):
            "\(documents) of \(all) documents cannot be read: \(places.joined(separator: ", "))"
                + (documents > places.count ? ", …. " : ". ")
                + (isStrict
                    ? "--strict leaves none out."
                    : "That is more than 10 and more than 1 %, so the files are not what they seem. Correct them.")
        case .changed(let file): "\(file) changed while it was read. Try again when its writer has finished."
        case .noRoom(let folder, let reason):
            "Cannot keep documents in \(folder) until they are sent: \(reason). Make room there; `track` takes the folder that TMPDIR names."
        case .notCounted(let reason): "The tokens could not be counted: \(reason)"
        }
    }

    private static func others(_ paths: [String]) -> String {
        guard let next = paths.first else { return "" }
        return paths.count == 1 ? " Nor \(next)." : " Nor \(next), and \(paths.count - 1) more."
    }
}
