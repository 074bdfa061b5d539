import FoundationEssentials

/// What Reference/generate.py wrote.
struct Reference: Decodable {
    struct Tail: Decodable, Sendable {
        let df: NumberOrInfinity
        let t: Double
        let survival: Double
    }
    struct Quantile: Decodable, Sendable {
        let df: NumberOrInfinity
        let p: Double
        let t: Double
    }
    struct Paired: Decodable, Sendable {
        let differences, weights: [Double]
        let theta, standardError, degreesOfFreedom, margin, pAbove, pBelow, lower90, upper90: Double
    }
    struct Family: Decodable, Sendable {
        let p, adjusted: [Double]
    }
    struct Trend: Decodable, Sendable {
        let x, y: [Double]
        let slope, intercept, slopeError, p: Double
    }
    struct Welch: Decodable, Sendable {
        let first, second: [Double]
        let degreesOfFreedom, p, lowerOneSided95: Double
    }

    let tails: [Tail]
    let quantiles: [Quantile]
    let paired: [Paired]
    let falseDiscovery: [Family]
    let trends: [Trend]
    let welch: Welch

    static func load() throws -> Reference {
        var folder = #filePath
        folder.removeLast("Reference.swift".count)
        let data = try Data(contentsOf: URL(filePath: folder + "Reference/reference.json"))
        return try JSONDecoder().decode(Reference.self, from: data)
    }
}

/// A number, or the text "inf", which JSON has no number for.
struct NumberOrInfinity: Decodable, Sendable {
    let value: Double

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        value = try (try? container.decode(Double.self)) ?? (container.decode(String.self) == "inf" ? .infinity : .nan)
    }
}

/// |a − b| ≤ tolerance · |b|.
func agree(_ a: Double, _ b: Double, within tolerance: Double = 1e-12) -> Bool {
    a == b || abs(a - b) <= tolerance * abs(b)
}
