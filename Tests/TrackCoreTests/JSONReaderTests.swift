import FoundationEssentials
import Testing
import TrackCore

@Suite struct JSONReaderTests {
    private func fault(_ text: String, limits: JSONLimits = JSONLimits()) -> Fault? { fault(Array(text.utf8), limits: limits) }

    private func fault(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) -> Fault? {
        refusal { try bytes.withUnsafeBytes { try JSONReader.validate($0, limits: limits) } }
    }

    private func read<Value>(
        _ text: String, _ body: (inout JSONReader) throws(JSONRefusal) -> Value
    ) throws -> Value {
        try Array(text.utf8).withUnsafeBytes { try JSONReader.read($0, body) }
    }

    private func refusal<Value>(of text: String, _ body: (inout JSONReader) throws(JSONRefusal) -> Value) -> Fault? {
        refusal { _ = try read(text, body) }
    }

    private func refusal(_ body: () throws -> Void) -> Fault? {
        do {
            try body()
            return nil
        } catch {
            return error as? Fault
        }
    }

    @Test(
        "what JSON allows is read, whatever white space is around it",
        arguments: [
            "{}", " [ ] ", "\t\r\n{ \"a\" : [ 1 , -0 , 1.5e+3, 0.1E-2 ] , \"b\" : { \"a\" : null } }", "true", "\"\"", "0",
            #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, "\"é😀\u{10fffd}\u{7f}\"", "[false,true,null]", "-9223372036854775808",
            "9223372036854775807", "4.9e-324", "1.7976931348623157e308", "0e999", "0.000e-9999",
        ])
    func accepted(_ text: String) { #expect(fault(text) == nil) }

    @Test(
        "what two readers could understand differently is refused, with its place",
        arguments: [
            ("", "", "is not valid JSON"), ("{", "", "is not valid JSON"), ("[1,]", "/1", "is not valid JSON"),
            (#"{"a":1,}"#, "", "is not valid JSON"), (#"{"a" 1}"#, "/a", "is not valid JSON"), (#"{a:1}"#, "", "is not valid JSON"),
            ("[1 2]", "/0", "is not valid JSON"), ("nul", "", "is not valid JSON"), ("[truefalse]", "/0", "is not valid JSON"),
            ("{} {}", "", "has something after its end"), ("1\0", "", "has something after its end"),
            (#"{"a":[0,{"b":"x","b":2}]}"#, "/a/1/b", "is named twice"), (#"{"a":1,"\u0061":2}"#, "/a", "is named twice"),
            (#"{"a/b~":[1,01]}"#, "/a~1b~0/1", "has a leading zero"), ("[-01]", "/0", "has a leading zero"),
            ("[+1]", "/0", "is not valid JSON"), ("[.5]", "/0", "is not valid JSON"), ("[1.]", "/0", "is not valid JSON"),
            ("[1e]", "/0", "is not valid JSON"), ("[-]", "/0", "is not valid JSON"), ("[0x1]", "/0", "is not valid JSON"),
            ("[NaN]", "/0", "infinity is written \"inf\""), ("[Infinity]", "/0", "infinity is written \"inf\""),
            ("[1e999]", "/0", "too large for a double"), ("[-1e999]", "/0", "too large for a double"),
            ("[1e-400]", "/0", "too small for a double"), ("[0.0001e-9999999999999]", "/0", "too small for a double"),
            ("[9223372036854775808]", "/0", "beyond the whole numbers"), ("[-9223372036854775809]", "/0", "beyond the whole numbers"),
            ("[100000000000000000000]", "/0", "beyond the whole numbers"), ("[9007199254740992.5]", "/0", "too large to have a fraction"),
            ("[1,-90071992547409925e-1]", "/1", "too large to have a fraction"),
            (#"["\ud800"]"#, "/0", "half of a surrogate pair"), (#"["\udc00x"]"#, "/0", "half of a surrogate pair"),
            (#"["\ud83d\u0041"]"#, "/0", "half of a surrogate pair"), (#"["a\u0000"]"#, "/0", "NUL"), ("[\"a\u{0}\"]", "/0", "NUL"),
            (#"["\x"]"#, "/0", "escape"), (#"["\u12g4"]"#, "/0", "escape"), ("[\"\n\"]", "/0", "control character"),
            ("[\"\u{1f}\"]", "/0", "control character"), (#"["\ufffe"]"#, "/0", "U+FFFE"), (#"["\ufdd0"]"#, "/0", "U+FDD0"),
            ("[\"\u{1ffff}\"]", "/0", "U+1FFFF"), (#"["\ud83f\udfff"]"#, "/0", "U+1FFFF"), ("[\"abc", "/0", "is not valid JSON"),
            ("[\"abc\\", "/0", "is not valid JSON"), ("[\"\\u12", "/0", "is not valid JSON"), (#"{"\ud800":1}"#, "", "surrogate"),
        ] as [(String, String, String)])
    func refused(_ text: String, _ field: String, _ reason: String) {
        let fault = fault(text)
        #expect(fault?.field == field, "\(text): \(fault?.reason ?? "accepted")")
        #expect(fault?.reason.contains(reason) == true, "\(text): \(fault?.reason ?? "accepted")")
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x28], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xe2, 0x82],
            [0xe2, 0x28, 0xa1],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xf0, 0x9f, 0x98],
            [0xf0, 0x9f, 0x98, 0x2e],
        ] as [[UInt8]])
    func notUTF8(_ units: [UInt8]) {
        for prefix in ["", "1234567", "12345678"] {
            let fault = fault(Array(#"{"k":[""#.utf8) + Array(prefix.utf8) + units + Array(#""]}"#.utf8))
            #expect(fault == Fault(field: "/k/0", reason: "is not UTF-8"))
        }
    }

    @Test("every scalar of Unicode is read as it is, and as its escape; the others are refused")
    func scalars() throws {
        for value in stride(from: UInt32(0x20), through: 0x10ffff, by: 1)
        where value < 0x3000 || value % 61 == 0 || value & 0xfff0 == 0xfff0 {
            let escape = "\"" + String(Character(Unicode.Scalar(0x5c))) + "u" + hexadecimal(value) + "\""
            guard let scalar = Unicode.Scalar(value) else {
                #expect(fault(escape) != nil)
                continue
            }
            let isCharacter = !(value & 0xfffe == 0xfffe || (0xfdd0...0xfdef).contains(value))
            if value < 0x10000 { #expect((fault(escape) == nil) == isCharacter, "U+\(hexadecimal(value))") }
            guard scalar != "\"", scalar != "\\" else { continue }
            let plain = "\"\(scalar)\""
            #expect((fault(plain) == nil) == isCharacter, "U+\(hexadecimal(value))")
            #expect(fault(plain, limits: JSONLimits(allowsNoncharacters: true)) == nil)
        }
    }

    private func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    @Test("a text comes back from its canonical form and from any escapes")
    func texts() throws {
        var random = SeededRandom(21)
        for _ in 0..<2_000 {
            let scalars = (0..<Int.random(in: 0...40, using: &random)).compactMap { _ -> Unicode.Scalar? in
                Unicode.Scalar([0x0a, 0x22, 0x5c, 0x61, 0x7f, 0xe9, 0x20ac, 0x1f600].randomElement(using: &random)!)
            }
            let text = String(String.UnicodeScalarView(scalars))
            let escaped = text.utf16.map { "\\u" + hexadecimal(UInt32($0)) }.joined()
            for written in [String(decoding: CanonicalJSON.string(text).bytes, as: UTF8.self), "\"\(escaped)\""] {
                #expect(try read(written) { (reader) throws(JSONRefusal) in try reader.readString() } == text)
            }
        }
    }

    @Test("nesting and lengths are bounded, and a great many keys are still told apart")
    func limits() {
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(fault(nested(32)) == nil)
        #expect(fault(nested(33))?.reason.contains("deeper than 32") == true)
        #expect(fault(String(repeating: "[", count: 100_000))?.reason.contains("deeper than 32") == true)
        #expect(fault("\"\(String(repeating: "x", count: 8192))\"") == nil)
        #expect(fault("[\"\(String(repeating: "x", count: 8193))\"]") == Fault(field: "/0", reason: "is longer than 8192 bytes"))
        #expect(fault("\"\(String(repeating: "x", count: 8193))\"", limits: JSONLimits(string: 8193)) == nil)
        #expect(fault("{\"\(String(repeating: "x", count: 8193))\":1}")?.reason.contains("longer") == true)
        let keys = (0..<3_000).map { "\"k\($0)\":{\"k1\":0}" }
        #expect(fault("{\(keys.joined(separator: ","))}") == nil)
        #expect(fault("{\((keys + ["\"k2\":0"]).joined(separator: ","))}") == Fault(field: "/k2", reason: "is named twice"))
        #expect(fault("{\((keys[..<17] + ["\"k16\":0"]).joined(separator: ","))}") == Fault(field: "/k16", reason: "is named twice"))
    }

    @Test("a whole number is one however it is written; a double takes the three words for what JSON cannot write")
    func asked() throws {
        func whole(_ text: String) -> Fault? { refusal(of: text) { (r) throws(JSONRefusal) in try r.readInt64() } }
        for text in ["1.5", "1e-1", "12345.678e2", "9007199254740993.5", "1e-30", "\"1\"", "null", "[]"] {
            #expect(whole(text) == Fault(field: "", reason: "must be a whole number"), "\(text)")
        }
        for text in ["9223372036854775808", "-9223372036854775809", "1e19", "1e30", "92233720368547758070e1"] {
            #expect(whole(text)?.reason.contains("64 bits") == true, "\(text)")
        }
        let values: [(String, Int64)] = [
            ("1.0", 1), ("1e3", 1000), ("-0.0", 0), ("0e99", 0), ("12.50e1", 125), ("1200e-2", 12),
            ("-9007199254740993.0", -9_007_199_254_740_993), ("9.223372036854775807e18", .max),
        ]
        for (text, value) in values { #expect(try read(text) { (r) throws(JSONRefusal) in try r.readInt64() } == value, "\(text)") }
        #expect(try read("-9223372036854775808") { (r) throws(JSONRefusal) in try r.readInt64() } == .min)
        #expect(try read("-0") { (r) throws(JSONRefusal) in try r.readInt64() } == 0)
        let words = try read(#"["inf","-inf",3]"#) { (r) throws(JSONRefusal) in
            var values: [Double] = []
            try r.readArray { (r) throws(JSONRefusal) in values.append(try r.readDouble()) }
            return values
        }
        #expect(words == [.infinity, -.infinity, 3])
        #expect(try read(#""nan""#) { (r) throws(JSONRefusal) in try r.readDouble() }.isNaN)
        for text in ["\"infinity\"", "\"1\"", "\"\"", "true", "{}"] {
            #expect(refusal(of: text) { (r) throws(JSONRefusal) in try r.readDouble() } == Fault(field: "", reason: "must be a number"))
        }
    }

    @Test("what is damaged at random is never accepted where Foundation's reader refuses it")
    func damaged() {
        let sample = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",true,null],"b":{"c":"é","d":[{"e":0}]},"f":"\ud83d\ude00"}"#.utf8)
        let units = Array("{}[]\",:\\u0e.-+1 \u{1}tn".utf8) + [0xc3, 0xff]
        var random = SeededRandom(22)
        var accepted = 0
        for _ in 0..<4_000 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(units.randomElement(using: &random)!, at: place)
                default: bytes[place] = units.randomElement(using: &random)!
                }
            }
            guard fault(bytes) == nil else { continue }
            accepted += 1
            #expect((try? JSONDecoder().decode(Anything.self, from: Data(bytes))) != nil, "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(accepted > 100)
    }

    /// Whatever JSON may hold.
    private struct Anything: Decodable {
        private struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            if let object = try? decoder.container(keyedBy: Key.self) {
                for key in object.allKeys { _ = try object.decode(Anything.self, forKey: key) }
            } else if var list = try? decoder.unkeyedContainer() {
                while !list.isAtEnd { _ = try list.decode(Anything.self) }
            } else {
                let value = try decoder.singleValueContainer()
                if !value.decodeNil(), (try? value.decode(Bool.self)) == nil, (try? value.decode(Double.self)) == nil {
                    _ = try value.decode(String.self)
                }
            }
        }
    }
}
