package import TrackEvaluators

/// The reading of held-out text, for people.
package enum DomainSourceText {
    /// - Parameter seconds: since the reading began.
    package static func reading(_ progress: DomainReadProgress, seconds: Double) -> String {
        var words: [String] = []
        if progress.totalFileBytes > 0 {
            words.append("\(Int(100 * Double(progress.fileBytes) / Double(progress.totalFileBytes))) %")
        }
        words.append("\(NumberText.grouped(Int64(progress.files))) of \(NumberText.counted(progress.totalFiles, "file"))")
        words.append(NumberText.counted(progress.documents, "document"))
        words.append(NumberText.bytes(progress.bytes))
        if seconds >= 1 { words.append("\(NumberText.bytes(Int64(Double(progress.bytes) / seconds)))/s") }
        return "reading: " + words.joined(separator: ", ")
    }

    /// `copying 3 of 12 documents`
    package static func counting(_ verb: String, _ done: Int, of total: Int) -> String {
        "\(verb) \(NumberText.grouped(Int64(done))) of \(NumberText.counted(total, "document"))"
    }
}
