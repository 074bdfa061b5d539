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
    /// `file:line` and what is wrong there.
    case invalidLine(place: String, reason: String)
    case unreadable(file: String, reason: String)
    case tooLarge(limit: Int64)

    package var description: String {
        switch self {
        case .missing(let path): "There is nothing at \(path)."
        case .nothingToRead(let path):
            "\(path) holds no text: .txt files in a folder per domain, or .jsonl or .jsonl.gz files with a field \"text\" on every line."
        case .emptyDomain(let domain, let place):
            "Domain \(domain) is empty: \(place) holds no document with text. Add text to it or take it away."
        case .splitMissing(let source, let split): "\(source) has no folder \(split). Name another split with --split."
        case .unusableName(let text): "\(text.debugDescription) cannot name a domain: it needs a letter or a digit."
        case .clash(let domain, let places): "\(places.joined(separator: " and ")) would both be domain \(domain). Rename one of them."
        case .invalidLine(let place, let reason): "\(place) \(reason)."
        case .unreadable(let file, let reason): "Cannot read \(file): \(reason)."
        case .tooLarge(let limit): "The domain set has more than \(limit >> 20) MiB of text. Choose less of it, or use a larger limit."
        }
    }
}
