/// Why nothing of a file of results can be read. The description is the sentence for the person who named it.
package enum ResultFileError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(file: String, reason: String)
    case header(String)
    /// A file in a form that its format does not have.
    case form(file: String, reason: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason): "Cannot read \(file): \(reason)."
        case .header(let reason): "The table's first line does not say enough: \(reason)."
        case .form(let file, let reason): "\(file) \(reason)."
        }
    }
}
