/// A running sum whose rounding error does not grow with the number of terms (Neumaier 1974).
///
/// Sums of per-document NLL differences cancel to a small fraction of their terms; a plain sum would lose the digits that
/// the comparison is about.
package struct CompensatedSum<Value: FloatingPoint & Sendable>: Sendable {
    private var sum: Value = 0
    private var lost: Value = 0

    package init() {}

    package init(_ terms: some Sequence<Value>) {
        for term in terms { add(term) }
    }

    package mutating func add(_ term: Value) {
        let next = sum + term
        lost += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
        sum = next
    }

    /// The sum so far. Infinite terms and overflow give what a plain sum gives, since their lost digits are no number.
    package var value: Value { sum.isFinite ? sum + lost : sum }
}
