import Testing
import TrackClient
import TrackCore

@Suite struct SpoolFrameTests {
    let body = Array(#"{"id":"0192","kind":"run","v":1}"#.utf8)

    @Test("a record comes back as it was written")
    func roundTrip() throws {
        for body in [[], [UInt8(ascii: "\n")], self.body, [UInt8](repeating: 7, count: 70_000)] {
            #expect(try SpoolFrame.unwrap(SpoolFrame.wrap(body)) == body)
        }
    }

    @Test("the first line names length, CRC-32C and SHA-256")
    func header() {
        let file = SpoolFrame.wrap(Array("123456789".utf8))
        let text = String(decoding: file, as: UTF8.self)
        #expect(text == "TRK1 9 e3069283 15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225\n123456789\n")
    }

    @Test("every flipped bit of every byte is noticed")
    func flips() {
        let file = SpoolFrame.wrap(body)
        for index in file.indices {
            for bit in 0..<8 {
                var flipped = file
                flipped[index] ^= UInt8(1 << bit)
                #expect(throws: SpoolFrame.Damage.self, "byte \(index), bit \(bit)") { try SpoolFrame.unwrap(flipped) }
            }
        }
    }

    @Test("every shortened and every lengthened file is noticed")
    func lengths() {
        let file = SpoolFrame.wrap(body)
        for count in 0..<file.count {
            #expect(throws: SpoolFrame.Damage.self) { try SpoolFrame.unwrap(Array(file[..<count])) }
        }
        for extra in [UInt8(ascii: "\n"), 0, UInt8(ascii: "x")] {
            #expect(throws: SpoolFrame.Damage.self) { try SpoolFrame.unwrap(file + [extra]) }
        }
    }

    @Test("a body that was exchanged under a matching checksum fails by its digest")
    func digest() {
        let other = Array("another body".utf8)
        let header = "TRK1 \(other.count) \(CRC32C.hex(of: other)) \(Digest(of: body).hex)\n"
        #expect(throws: SpoolFrame.Damage.digest) { try SpoolFrame.unwrap(Array(header.utf8) + other + [UInt8(ascii: "\n")]) }
    }

    @Test("other ways of writing the length are refused", arguments: ["032", "+32", " 32", "32 ", "-1", "99999999999999999999"])
    func strictLength(_ length: String) {
        let header = "TRK1 \(length) \(CRC32C.hex(of: body)) \(Digest(of: body).hex)\n"
        #expect(throws: SpoolFrame.Damage.self) { try SpoolFrame.unwrap(Array(header.utf8) + body + [UInt8(ascii: "\n")]) }
    }
}
