import FoundationEssentials
import Testing
import TrackCore

@testable import TrackClient

@Suite struct SpoolFrameTests {
    let scratch: ScratchFolder
    let body = Array(
        #"{"id":"01960000-0000-7000-8000-000000000001","kind":"run","made_at":"2026-11-18T11:06:40.123Z","payload":{"run":1},"v":1}"#.utf8)

    init() throws { scratch = try ScratchFolder() }

    private func read(_ file: [UInt8]) throws -> SpoolEntry? {
        let path = scratch.path + "/record"
        try Data(file).write(to: URL(filePath: path))
        return try SpoolEntry.read(path)
    }

    private func first(_ version: String, _ length: String, of body: [UInt8]) -> String {
        let words = String(decoding: SpoolFrame.wrap(body), as: UTF8.self).split(separator: "\n")[0].split(separator: " ")
        return ([version, length] + words[2...].map(String.init)).joined(separator: " ") + "\n"
    }

    @Test("a record's envelope is read and its payload found, in both versions of the frame")
    func roundTrip() throws {
        let old = Array(first("TRK1", "\(body.count)", of: body).utf8) + body + [UInt8(ascii: "\n")]
        for file in [SpoolFrame.wrap(body), old] {
            let entry = try #require(try read(file))
            #expect(entry.envelope.kind == .run)
            #expect(entry.id.description == "01960000-0000-7000-8000-000000000001")
            #expect(entry.envelope.madeAt == Samples.time)
            #expect(Array(file[entry.payload]) == Array(#"{"run":1}"#.utf8))
        }
    }

    @Test("a link is no record, also where the record was a file when it was read")
    func links() async throws {
        let (record, other) = (scratch.path + "/record", scratch.path + "/other")
        try Data(SpoolFrame.wrap(body)).write(to: URL(filePath: other))
        try FileManager.default.createSymbolicLink(atPath: record, withDestinationPath: other)
        #expect(throws: SystemFailure.self) { try SpoolEntry.read(record) }

        try FileManager.default.moveItem(atPath: other, toPath: scratch.path + "/whole")
        let entry = try #require(try SpoolEntry.read(scratch.path + "/whole"))
        try FileManager.default.moveItem(atPath: entry.path, toPath: other)
        try FileManager.default.createSymbolicLink(atPath: entry.path, withDestinationPath: other)
        #expect(throws: SystemFailure.self) { try entry.request() }
        await #expect(throws: SystemFailure.self) { for try await _ in SpoolBody(entry: entry) {} }
    }

    @Test("the first line names length, CRC-32C and SHA-256")
    func header() {
        let file = SpoolFrame.wrap(Array("123456789".utf8))
        let text = String(decoding: file, as: UTF8.self)
        #expect(
            text == "TRK2 000000000009 e3069283 15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225\n123456789\n")
    }

    @Test("every flipped bit of every byte is noticed")
    func flips() throws {
        let file = SpoolFrame.wrap(body)
        for index in file.indices {
            for bit in 0..<8 {
                var flipped = file
                flipped[index] ^= UInt8(1 << bit)
                #expect(throws: SpoolFrame.Damage.self, "byte \(index), bit \(bit)") { try read(flipped) }
            }
        }
    }

    @Test("every shortened and every lengthened file is noticed")
    func lengths() throws {
        let file = SpoolFrame.wrap(body)
        for count in 0..<file.count {
            #expect(throws: SpoolFrame.Damage.self) { try read(Array(file[..<count])) }
        }
        for extra in [UInt8(ascii: "\n"), 0, UInt8(ascii: "x")] {
            #expect(throws: SpoolFrame.Damage.self) { try read(file + [extra]) }
        }
    }

    @Test("a body that was exchanged under a matching checksum fails by its digest")
    func digest() {
        let other = Array("another body".utf8)
        let line = String(decoding: SpoolFrame.wrap(other), as: UTF8.self).split(separator: "\n")[0]
        let header = line.dropLast(64) + Digest(of: body).hex + "\n"
        #expect(throws: SpoolFrame.Damage.digest) { try read(Array(header.utf8) + other + [UInt8(ascii: "\n")]) }
    }

    @Test(
        "other ways of writing the length are refused",
        arguments: [
            ("TRK1", "0121"), ("TRK1", "+121"), ("TRK1", " 121"), ("TRK1", "-1"), ("TRK1", "9223372036854775807"),
            ("TRK1", "99999999999999999999"), ("TRK2", "121"), ("TRK2", "+00000000121"), ("TRK2", "0000000000121"),
            ("TRK3", "000000000121"),
        ])
    func strictLength(_ version: String, _ length: String) {
        #expect(throws: SpoolFrame.Damage.self) { try read(Array(first(version, length, of: body).utf8) + body + [UInt8(ascii: "\n")]) }
    }

    @Test("a written record has the bytes that the whole would have, however many pieces it was made of")
    func pieces() throws {
        for request in [try Samples.run(), try Samples.large(domains: 300)] {
            var joined = Data()
            var count = 0
            try request.forEachPiece {
                joined += $0
                count += 1
            }
            #expect(joined == (try WireCoding.encode(request)))
            #expect(count > 1 || joined.count < 65536)
            let entry = try #require(try read(try SpoolRecord(request, at: Samples.time).frame))
            guard case .run(let read) = try entry.request() else {
                Issue.record("another kind")
                return
            }
            #expect(read.run == request.run)
        }
    }
}
