import FoundationEssentials
import TrackCore
import TrackEvaluators

/// What the numbers of a file of kept domains were made from, and with.
struct KeptHeading: Hashable, Codable {
    var version = 1
    let checkpoint: Digest
    let revision: Digest
    let scoring: Digest
    let evaluator: String
    let environment: [String: String]

    init(job: ClaimedJob, evaluator: String, environment: [String: String]) {
        checkpoint = job.checkpoint.description.digest
        revision = job.revision.digest
        scoring = job.scoring.digest
        self.evaluator = evaluator
        self.environment = environment
    }
}

struct KeptDomain: Codable {
    let index: Int
    let domain: DomainMeasurement
}

/// The lines of a file of kept domains: a heading and then a domain each, every one after the digest of its own text.
struct KeptLines {
    var domains: [Int: DomainMeasurement] = [:]
    /// Bytes up to the first line that is not whole; 0 when the file is of another evaluation.
    var length = 0
    /// What a person should know.
    var note: String?

    static func line(_ value: some Encodable) throws -> [UInt8] {
        let text = Array(try WireCoding.encode(value))
        return Array(Digest(of: text).hex.utf8) + [UInt8(ascii: " ")] + text + [UInt8(ascii: "\n")]
    }

    static func read(_ file: Data, heading: KeptHeading, domains: [EvaluationRequest.Domain]) -> KeptLines {
        var result = KeptLines()
        let asked = Dictionary(uniqueKeysWithValues: domains.map { ($0.index, $0) })
        var rest = file[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), let text = whole(rest[..<end]) {
            if result.length == 0 {
                guard (try? WireCoding.decode(KeptHeading.self, from: text)) == heading else {
                    result.note = "the domains kept from an earlier attempt were measured otherwise: all are measured anew"
                    return result
                }
            } else {
                guard let kept = try? WireCoding.decode(KeptDomain.self, from: text), let domain = asked[kept.index],
                    fits(kept.domain, domain)
                else { break }
                result.domains[kept.index] = kept.domain
            }
            rest = rest[(end + 1)...]
            result.length = rest.startIndex - file.startIndex
        }
        if !rest.isEmpty { result.note = "the last \(rest.count) bytes are not whole and were dropped" }
        return result
    }

    private static func whole(_ line: Data) -> Data? {
        let digits = 64
        guard line.count > digits, line[line.startIndex + digits] == UInt8(ascii: " ") else { return nil }
        let text = Data(line.dropFirst(digits + 1))
        return line.prefix(digits).elementsEqual(Digest(of: text).hex.utf8) ? text : nil
    }

    private static func fits(_ measurement: DomainMeasurement, _ asked: EvaluationRequest.Domain) -> Bool {
        guard case .measured(let scores) = measurement.outcome else { return false }
        return measurement.domain == asked.name && scores.count == asked.documents && scores.faults(documents: asked.documents).isEmpty
    }
}
