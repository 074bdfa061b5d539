import FoundationEssentials
import TrackCore

/// The small held-out text that an evaluator is tried on, and the requests that are made of it.
struct ConformanceSample {
    /// A domain's name and documents.
    typealias Domain = (name: String, documents: [String])

    let checkpoint: EvaluationRequest.Weights
    let scoring: ScoringProtocol
    /// Where documents' files are written; the evaluators' user can read them there.
    let folder: String

    static let usual: [Domain] = [
        (
            "prose/letters",
            [
                "The harbour master wrote 17 letters in March, and not one of them was answered before the ice had gone.",
                "Zwölf Boxkämpfer jagen Viktor\nquer über den großen Sylter Deich, und  niemand\tsieht hin.",
                "Short.",
            ]
        ),
        ("code/python", ["def add(a, b):\n    return a + b\n", "squares = [i * i for i in range(10)]\nprint(sum(squares))\n"]),
    ]

    /// So much that no evaluator has finished when its input ends right after the request.
    static let long: [Domain] = [("prose/long", Array(repeating: String(repeating: usual[0].documents[0] + " ", count: 40), count: 400))]

    func request(_ id: String, _ domains: [Domain] = usual) throws -> EvaluationRequest {
        let path = folder + "/" + id + ".jsonl"
        let lines = try domains.enumerated().flatMap { index, domain in
            try domain.documents.map { try WireCoding.encode(DocumentLine(domain: index, text: $0)) + [UInt8(ascii: "\n")] }
        }
        try Data(lines.joined()).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        return EvaluationRequest(
            id: id, checkpoint: checkpoint, scoring: scoring, documents: path,
            domains: try domains.enumerated().map { index, domain in
                guard let name = DomainName(domain.name) else { throw Problem(.internal, "\(domain.name) is no domain name.") }
                return .init(index: index, name: name, documents: domain.documents.count)
            })
    }
}
