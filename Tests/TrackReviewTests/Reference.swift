import FoundationEssentials

@testable import TrackCore

/// What Reference/generate.py wrote.
struct Reference: Decodable {
    struct Domain: Decodable {
        let name: DomainName
        let tokens: [Int64]
        let before, after: [Double]
        let theta, error, df, above, below, p, low, high, adjusted, minimalDetectable: Double
        let verdict: DomainVerdict
    }
    struct Comparison: Decodable {
        let domains: [Domain]
        let inDomain, inDomainError, ood, oodError, gapError, gapDf, p: Double
        let joint: [String: Double]
    }

    let comparisons: [Comparison]
    /// Per ISO year the day of its first Monday, counted from 1 January 1970.
    let weeks: [String: Int]

    static func load() throws -> Reference {
        var folder = #filePath
        folder.removeLast("Reference.swift".count)
        return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: URL(filePath: folder + "Reference/reference.json")))
    }
}

/// |a − b| ≤ tolerance · |b|.
func agree(_ a: Double?, _ b: Double, within tolerance: Double = 1e-9) -> Bool {
    a.map { $0 == b || abs($0 - b) <= tolerance * abs(b) } ?? false
}
