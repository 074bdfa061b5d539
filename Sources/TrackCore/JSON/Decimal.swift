/// A number as it was written: significand × 10^exponent.
struct Decimal {
    var isNegative = false
    /// The digits without leading zeros, up to the 19 that always fit.
    private(set) var significand: UInt64 = 0
    var exponent = 0
    private var digits = 0

    /// Whether there are more digits than the significand holds.
    var isCut: Bool { digits > 19 }
    var isZero: Bool { significand == 0 }

    @inline(__always)
    mutating func append(_ digit: UInt8) {
        if significand != 0 || digit != 0 { digits += 1 }
        if digits <= 19 { significand = significand &* 10 &+ UInt64(digit) }
    }

    /// The nearest double, ties to even; nil when it takes more than 128 bits to know it.
    ///
    /// With at most 19 digits and a power of ten up to 10^19 both are integers of 64 bits. Their product has 128 bits and is exact; their
    /// quotient is taken to 64 bits with a remainder that says whether anything is left. Rounding either to 53 bits is exact, and the
    /// result lies between 10^-19 and 2^128, where every double is a normal one. That covers whatever a measurement writes.
    var double: Double? {
        guard !isCut else { return nil }
        guard significand != 0 else { return isNegative ? -0.0 : 0 }
        guard -19...19 ~= exponent else { return nil }
        let magnitude =
            exponent < 0 ? quotient(by: Decimal.powersOfTen[-exponent]) : product(with: Decimal.powersOfTen[exponent])
        return isNegative ? -magnitude : magnitude
    }

    /// Its magnitude where that is a whole number of 64 bits, however it was written: `1000`, `1e3` and `1000.0` are one number.
    var wholeMagnitude: UInt64? {
        guard !isCut else { return nil }
        guard exponent != 0, significand != 0 else { return significand }
        guard -19...19 ~= exponent else { return nil }
        guard exponent < 0 else {
            let (product, isTooLarge) = significand.multipliedReportingOverflow(by: Decimal.powersOfTen[exponent])
            return isTooLarge ? nil : product
        }
        let (quotient, fraction) = significand.quotientAndRemainder(dividingBy: Decimal.powersOfTen[-exponent])
        return fraction == 0 ? quotient : nil
    }

    private func product(with power: UInt64) -> Double {
        let (high, low) = significand.multipliedFullWidth(by: power)
        guard high != 0 else { return Double(low) }
        let shift = high.leadingZeroBitCount
        let top = shift == 0 ? high : high << UInt64(shift) | low >> UInt64(64 - shift)
        return Decimal.rounded(top, hasMore: low << UInt64(shift) != 0, exponent: 64 - shift)
    }

    /// Both sides are shifted so that the quotient has exactly 64 bits.
    private func quotient(by power: UInt64) -> Double {
        let shift = significand.leadingZeroBitCount
        let powerShift = power.leadingZeroBitCount
        let (dividend, divisor) = (significand << UInt64(shift), power << UInt64(powerShift))
        let isLarger = dividend >= divisor
        let (quotient, remainder) = divisor.dividingFullWidth(
            isLarger ? (dividend >> 1, dividend << 63) : (dividend, 0))
        return Decimal.rounded(quotient, hasMore: remainder != 0, exponent: powerShift - shift - (isLarger ? 63 : 64))
    }

    /// top · 2^exponent, `top` with its highest bit set, to 53 bits.
    private static func rounded(_ top: UInt64, hasMore: Bool, exponent: Int) -> Double {
        var kept = top >> 11
        let rest = top & 0x7ff
        if rest > 0x400 || rest == 0x400 && (hasMore || kept & 1 == 1) { kept += 1 }
        // A carry to 2^53 is a double too, so that both factors are exact.
        return Double(kept) * Double(sign: .plus, exponent: exponent + 11, significand: 1)
    }

    /// 10^0 to 10^19.
    private static let powersOfTen: [UInt64] = (1..<20).reduce(into: [1]) { powers, index in powers.append(powers[index - 1] * 10) }
}
