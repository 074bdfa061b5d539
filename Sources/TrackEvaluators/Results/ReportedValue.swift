#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import TrackCore

/// A number of a table, and what it is.
enum ReportedMetric: String, CaseIterable {
    case perplexity, bytePerplexity = "byte_perplexity", wordPerplexity = "word_perplexity", bitsPerByte = "bits_per_byte", nll

    var unit: StatedProtocol.Unit {
        switch self {
        case .perplexity, .nll: .token
        case .bytePerplexity, .bitsPerByte: .byte
        case .wordPerplexity: .word
        }
    }

    /// The mean NLL in nats that the number says; nil with the reason where none can say it.
    func meanNLL(_ value: Double) -> Result<Double, UnusableNumber> {
        if value.isNaN { return .failure(UnusableNumber("is not a number: the domain counts as not evaluated")) }
        switch self {
        case .perplexity, .bytePerplexity, .wordPerplexity:
            guard value >= 1 else { return .failure(UnusableNumber("is \(value), and no perplexity is below 1")) }
            return .success(log(value))
        case .bitsPerByte:
            guard value >= 0 else { return .failure(UnusableNumber("is \(value), and no text takes fewer than 0 bits")) }
            return .success(value * 0.693147180559945309417232121458)
        case .nll:
            guard value >= 0 else {
                return .failure(UnusableNumber("is \(value), and no mean NLL is below 0; a log-likelihood has the other sign"))
            }
            return .success(value)
        }
    }
}

/// Why a number was not taken: the rest of a sentence that begins with its place.
struct UnusableNumber: Error, Hashable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Reads numbers as tables write them, strictly: what two readers could understand differently is refused by name.
enum TableNumber {
    static func read(_ text: String) -> Result<Double, UnusableNumber> {
        let word = text.split(separator: " ").joined(separator: " ")
        guard !word.isEmpty else { return .failure(UnusableNumber("is empty: the domain counts as not evaluated")) }
        switch word.lowercased() {
        case "inf", "+inf", "infinity", "+infinity": return .success(.infinity)
        case "-inf", "-infinity": return .success(-.infinity)
        case "nan", "na", "n/a", "null", "none", "-": return .success(.nan)
        default: break
        }
        if word.contains(",") {
            return .failure(UnusableNumber("\(word.debugDescription) has a comma; write a decimal point, and no thousands separators"))
        }
        let isPlain = word.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "+-.eE".utf8.contains($0) }
        guard isPlain, let value = Double(word) else { return .failure(UnusableNumber("\(word.debugDescription) is not a number")) }
        guard value.isFinite else {
            return .failure(UnusableNumber("\(word) is too large for a double; infinity is written inf"))
        }
        return .success(value)
    }

    /// A count: a whole number, which may be written with a fraction of zero.
    static func count(_ text: String) -> Result<Int64, UnusableNumber> {
        read(text).flatMap { value in
            guard value >= 0, let count = Int64(exactly: value) else {
                return .failure(UnusableNumber("\(text.debugDescription) is not a whole number of at least 0"))
            }
            return .success(count)
        }
    }
}
