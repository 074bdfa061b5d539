package import TrackEvaluators
import TrackCore

/// What was found of held-out documents in training text, for people.
package enum DecontaminationText {
    /// Loud where something was found: the first words say what became of it.
    package static func report(_ report: DecontaminationReport, _ look: Look) -> String {
        let check = report.check
        var lines = [look.painted(headline(check), check.documentsFound > 0 ? .red : .green), domains(report, look), method(report)]
        lines += report.notes.map { "Note: " + $0 }
        return lines.joined(separator: "\n")
    }

    private static func headline(_ check: Decontamination) -> String {
        let documents = NumberText.counted(check.documents, "document")
        guard check.documentsFound > 0 else { return "None of \(documents) has a paragraph of the training text." }
        let found = "\(NumberText.grouped(Int64(check.documentsFound))) of \(documents) \(check.documentsFound == 1 ? "has" : "have")"
        return switch check.treatment {
        case .drop: "DROPPED: \(found) a paragraph of the training text, and are not in the set. --contaminated keep would keep them."
        case .keep: "KEPT: \(found) a paragraph of the training text, and are still in the set: its numbers may be too good."
        }
    }

    private static func domains(_ report: DecontaminationReport, _ look: Look) -> String {
        var table = TextTable(
            ("domain", .left), ("documents", .right), ("found", .right), ("too short", .right), ("paragraphs", .right), ("found", .right),
            ("for example in", .left))
        for domain in report.domains {
            let colour: Look.Colour? = domain.documentsFound > 0 ? .red : nil
            table.add([
                .init(domain.name.description), .init(NumberText.grouped(Int64(domain.documents))),
                .init(NumberText.grouped(Int64(domain.documentsFound)), colour),
                .init(domain.documentsUnchecked == 0 ? "" : NumberText.grouped(Int64(domain.documentsUnchecked))),
                .init(NumberText.grouped(Int64(domain.paragraphs))), .init(NumberText.grouped(Int64(domain.paragraphsFound)), colour),
                .init(domain.examples.first ?? ""),
            ])
        }
        return table.text(look)
    }

    private static func method(_ report: DecontaminationReport) -> String {
        let check = report.check
        return """
            Looked for \(NumberText.grouped(Int64(check.paragraphs))) paragraphs of \(check.minimumWords) words or more, exactly, in \
            \(NumberText.bytes(check.bytes)) of training text (\(NumberText.counted(check.files, "file")), digest \(check.digest.short)).
            Bloom filter: \(NumberText.bytes(Int64(report.filter.bytes))), false-positive rate \(check.falsePositiveRate); \
            \(NumberText.grouped(Int64(report.filter.passed))) paragraphs of the training text passed it, \
            \(NumberText.grouped(Int64(report.filter.confirmed))) were confirmed by SHA-256.
            """
    }
}
