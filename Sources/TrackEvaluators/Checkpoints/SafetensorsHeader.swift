package import FoundationEssentials
import TrackCore

/// The header of a safetensors file: which tensors it holds and where. Source of the format: the README of huggingface/safetensors.
///
/// Eight bytes of length (little-endian), that many bytes of JSON, then the tensors without holes or overlaps.
package struct SafetensorsHeader: Hashable, Sendable {
    package struct Tensor: Hashable, Sendable {
        package let name: String
        /// For example `BF16`.
        package let dtype: String
        package let shape: [Int64]
        /// Bytes after the header.
        package let begin: Int64
        package let end: Int64
        /// The product of the shape; 1 for a scalar.
        package let elements: Int64
    }

    /// In the order in which they lie in the file.
    package let tensors: [Tensor]
    /// What the file must be long, in bytes.
    package let fileSize: Int64

    package enum Fault: Error, Hashable, Sendable {
        case halfWritten(size: Int64, expected: Int64?)
        case damaged(String)
    }

    /// The format's own limit for the JSON, in bytes.
    package static let maximumLength: Int64 = 100_000_000
    /// Bytes of the length field.
    static let lengthFieldSize = 8

    /// All elements of all tensors.
    package var parameters: Int64 { tensors.reduce(0) { $0 &+ $1.elements } }

    /// The length of the JSON from the file's first eight bytes.
    static func length(from bytes: Data, fileSize: Int64) throws(Fault) -> Int64 {
        guard bytes.count >= lengthFieldSize else { throw .halfWritten(size: fileSize, expected: nil) }
        var value: UInt64 = 0
        for (index, byte) in bytes.prefix(lengthFieldSize).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
        guard value >= 2, value <= UInt64(maximumLength) else {
            throw .damaged("its header claims \(value) bytes; it is no safetensors file")
        }
        return Int64(value)
    }

    /// Reads the JSON and proves that it fits a file of the given size.
    package init(json: Data, fileSize: Int64) throws(Fault) {
        guard json.first == UInt8(ascii: "{") else { throw .damaged("its header is not JSON; it is no safetensors file") }
        let table: Table
        do {
            table = try JSONDecoder().decodeChecked(Table.self, from: json)
        } catch {
            throw .damaged("its header is not readable")
        }
        var tensors: [Tensor] = []
        tensors.reserveCapacity(table.entries.count)
        for (name, entry) in table.entries { tensors.append(try Self.tensor(name, entry)) }
        tensors.sort { ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name) }
        guard !tensors.isEmpty else { throw .damaged("it holds no tensors") }
        var position: Int64 = 0
        for tensor in tensors {
            guard tensor.begin == position else {
                throw .damaged("tensor \(tensor.name) \(tensor.begin < position ? "overlaps another" : "follows a hole")")
            }
            position = tensor.end
        }
        let start = Int64(Self.lengthFieldSize) + Int64(json.count)
        let (expected, overflow) = start.addingReportingOverflow(position)
        guard !overflow else { throw .damaged("its tensors are larger than any file") }
        if fileSize < expected { throw .halfWritten(size: fileSize, expected: expected) }
        if fileSize > expected { throw .damaged("it has \(fileSize) bytes where its header describes \(expected)") }
        self.tensors = tensors
        self.fileSize = expected
    }

    private static func tensor(_ name: String, _ entry: Entry) throws(Fault) -> Tensor {
        guard entry.offsets.count == 2, entry.offsets[0] >= 0, entry.offsets[1] >= entry.offsets[0] else {
            throw .damaged("tensor \(name) has no valid place")
        }
        var elements: Int64 = 1
        for length in entry.shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: length)
            guard length >= 0, !overflow else { throw .damaged("tensor \(name) has an impossible shape") }
            elements = product
        }
        if let bits = bits(of: entry.dtype) {
            let (total, overflow) = elements.multipliedReportingOverflow(by: bits)
            guard !overflow, total % 8 == 0, total / 8 == entry.offsets[1] - entry.offsets[0] else {
                throw .damaged("tensor \(name) does not have the bytes of its shape")
            }
        }
        return Tensor(
            name: name, dtype: entry.dtype, shape: entry.shape, begin: entry.offsets[0], end: entry.offsets[1], elements: elements)
    }

    /// Bits of one element; nil for a type that is newer than this list, whose size is then not judged.
    private static func bits(of dtype: String) -> Int64? {
        switch dtype {
        case "F4": 4
        case "F6_E2M3", "F6_E3M2": 6
        case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0": 8
        case "I16", "U16", "F16", "BF16": 16
        case "I32", "U32", "F32": 32
        case "I64", "U64", "F64", "C64": 64
        default: nil
        }
    }

    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int64]
        let offsets: [Int64]

        enum CodingKeys: String, CodingKey { case dtype, shape, offsets = "data_offsets" }
    }

    /// The JSON object: tensors by name, and free text under `__metadata__`.
    private struct Table: Decodable {
        var entries: [String: Entry] = [:]

        struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in container.allKeys where key.stringValue != "__metadata__" {
                entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
            }
        }
    }
}

extension SafetensorsHeader {
    /// Reads the header of a file and compares it with the file's length. The tensors themselves are not read.
    package static func read(_ path: String) throws -> SafetensorsHeader {
        let (start, stamp) = try FileReader.prefix(of: path, count: lengthFieldSize)
        let length = try length(from: start, fileSize: stamp.size)
        let needed = Int64(lengthFieldSize) + length
        guard stamp.size >= needed else { throw Fault.halfWritten(size: stamp.size, expected: nil) }
        let (bytes, _) = try FileReader.prefix(of: path, count: Int(needed))
        guard bytes.count == Int(needed) else { throw FileReadError.changing }
        return try SafetensorsHeader(json: bytes.dropFirst(lengthFieldSize), fileSize: stamp.size)
    }
}
