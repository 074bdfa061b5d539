import FoundationEssentials
import Testing
import TrackCore

/// A digest is kept for ever, so that these bytes may never change.
@Suite struct CanonicalJSONTests {
    private func text(_ value: CanonicalJSON) -> String { String(decoding: value.bytes, as: UTF8.self) }

    @Test("every kind of value has its one form")
    func forms() {
        let value = CanonicalJSON.object([
            "b": .array([.null, .bool(true), .bool(false), .integer(.min)]), "a": .doubles([1, 0.1, -0.0, .infinity, -.infinity, .nan]),
            "ab": .integers([]), "B": .string("x"), "é": .optional(Int64?.none) { .integer($0) },
        ])
        #expect(
            text(value)
                == #"{"B":"x","a":[1.0,0.1,-0.0,"inf","-inf","nan"],"ab":[],"b":[null,true,false,-9223372036854775808],"é":null}"#)
    }

    @Test("keys stand in the order of their bytes, however the dictionary was made")
    func order() {
        let keys = (0..<50).map { "k\($0)" } + ["K", "z", "é", "e\u{301}x", "😀", "\u{ffff}"]
        for _ in 0..<20 {
            let made = text(.object(Dictionary(uniqueKeysWithValues: keys.shuffled().map { ($0, .null) })))
            let expected = keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.map { "\"\($0)\":null" }
            #expect(made == "{\(expected.joined(separator: ","))}")
        }
    }

    @Test("control characters, quotes and backslashes are escaped, and a JSON reader gets the text back")
    func strings() throws {
        #expect(text(.string("\"\\\u{0}\u{1f}\n\u{7f}/ü😀")) == #""\"\\\u0000\u001f\u000a"# + "\u{7f}/ü😀\"")
        let all = String(String.UnicodeScalarView((0..<0x800).compactMap { Unicode.Scalar($0) }))
        #expect(try JSONDecoder().decode(String.self, from: Data(CanonicalJSON.string(all).bytes)) == all)
    }

    @Test("a double's form reads back as the very same double")
    func doubles() throws {
        var random = SeededRandom(4)
        let some = (0..<5_000).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
        for value in some + [.leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e16, 9_007_199_254_740_994, 0.1 + 0.2] {
            let written = text(.double(value))
            #expect(Double(written)?.bitPattern == value.bitPattern)
            #expect(try JSONDecoder().decode([Double].self, from: Data("[\(written)]".utf8)) == [value])
        }
    }

    @Test(
        "doubles are written as they always were",
        arguments: [
            (512.25, "512.25"), (3, "3.0"), (0.0001, "0.0001"), (0.00001, "1e-05"), (1e16, "1e+16"), (1e22, "1e+22"),
            (123456789.125, "123456789.125"),
            (.leastNonzeroMagnitude, "5e-324"), (0.30000000000000004, "0.30000000000000004"),
        ])
    func frozenDoubles(_ value: Double, _ written: String) { #expect(text(.double(value)) == written) }

    @Test("whole numbers are written as they always were")
    func integers() {
        var random = SeededRandom(5)
        let some = (0..<2_000).map { Int64(bitPattern: random.next()) >> ($0 % 64) }
        for value in some + [0, 9, 10, -1, .min, .max] { #expect(text(.integer(value)) == value.description) }
    }
}
