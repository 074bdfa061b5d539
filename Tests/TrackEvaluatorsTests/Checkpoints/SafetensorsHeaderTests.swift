import FoundationEssentials
import Testing
import TrackEvaluators

@Suite struct SafetensorsHeaderTests {
    @Test("shapes, places and the exact length are read")
    func reads() throws {
        let folder = try TemporaryFolder()
        let data = CheckpointFixture.safetensors()
        let header = try SafetensorsHeader.read(try folder.write("m.safetensors", data))
        #expect(header.tensors.count == 3)
        #expect(header.parameters == 10)
        #expect(header.fileSize == Int64(data.count))
        #expect(header.tensors.first { $0.name == "embed.weight" }?.shape == [4, 2])
    }

    @Test("a file cut at any byte is half-written, and says of how much as soon as it can")
    func truncation() throws {
        let folder = try TemporaryFolder()
        let data = CheckpointFixture.safetensors()
        let headerEnd = 8 + (try JSONLength.of(data))
        for length in 0..<data.count {
            let path = try folder.write("m.safetensors", data.prefix(length))
            do {
                _ = try SafetensorsHeader.read(path)
                Issue.record("accepted \(length) of \(data.count) bytes")
            } catch let fault as SafetensorsHeader.Fault {
                #expect(fault == .halfWritten(size: Int64(length), expected: length < headerEnd ? nil : Int64(data.count)))
            }
        }
    }

    @Test("a changed byte of the header never crashes and never gives another length")
    func mutation() throws {
        let folder = try TemporaryFolder()
        let data = CheckpointFixture.safetensors()
        let headerEnd = 8 + (try JSONLength.of(data))
        for index in 0..<headerEnd {
            for value: UInt8 in [0, 0x22, 0x7b, 0x7d, 0x2d, 0x39, 0x80, 0xff] where data[index] != value {
                var changed = data
                changed[index] = value
                let path = try folder.write("m.safetensors", changed)
                do {
                    #expect(try SafetensorsHeader.read(path).fileSize == Int64(data.count))
                } catch is SafetensorsHeader.Fault {}
            }
        }
    }

    @Test(
        "headers that cannot be are damaged",
        arguments: [
            (#"[]"#, 0), (#"{}"#, 0), (#"{"a":1}"#, 4), ("{" + String(repeating: #"{"a":"#, count: 2000), 0),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#, 6),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4),
            (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4),
            (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4),
            (#"{"a":{"dtype":"NEW","shape":[1],"data_offsets":[0,9223372036854775807]}}"#, 4),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5),
        ])
    func damaged(header: String, bytes: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("m.safetensors", CheckpointFixture.file(header: header, bytes: bytes))
        do {
            _ = try SafetensorsHeader.read(path)
            Issue.record("accepted")
        } catch let fault as SafetensorsHeader.Fault {
            if case .damaged = fault { return }
            Issue.record("\(fault)")
        }
    }

    @Test("a header that claims more than the format allows is not read")
    func hugeHeader() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("m.safetensors", Data([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]))
        #expect(throws: SafetensorsHeader.Fault.self) { try SafetensorsHeader.read(path) }
    }
}

/// The length field of a file made here.
private enum JSONLength {
    static func of(_ data: Data) throws -> Int { data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) } }
}
