/// PostgreSQL's binary array of numbers (`array_send` in `src/backend/utils/adt/arrayfuncs.c`), all big-endian:
/// dimensions (Int32), whether it has NULLs (Int32), element type (UInt32), per dimension its length and lower bound (Int32 each),
/// then each element as its size (Int32) and its bytes. An empty array has no dimension.
enum NumericArray {
    private static let emptyHeader = 12
    private static let header = 20

    static func encode<Element, Bits: FixedWidthInteger & BitwiseCopyable>(
        _ elements: [Element], element elementType: SQLType, _ bits: (Element) -> Bits
    ) -> [UInt8] {
        let size = MemoryLayout<Bits>.size
        let total = elements.isEmpty ? emptyHeader : header + elements.count * (4 + size)
        return unsafe [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            func store(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
                unsafe bytes.storeBytes(of: value.bigEndian, toByteOffset: offset, as: type(of: value))
            }
            store(Int32(elements.isEmpty ? 0 : 1), at: 0)
            store(Int32(0), at: 4)
            store(elementType.rawValue, at: 8)
            if !elements.isEmpty {
                store(Int32(elements.count), at: 12)
                store(Int32(1), at: 16)
                var offset = header
                let prefix = Int32(size).bigEndian
                for element in elements {
                    unsafe bytes.storeBytes(of: prefix, toByteOffset: offset, as: Int32.self)
                    unsafe bytes.storeBytes(of: bits(element).bigEndian, toByteOffset: offset + 4, as: Bits.self)
                    offset += 4 + size
                }
            }
            count = total
        }
    }

    static func decode<Element, Bits: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: RawSpan, _ element: (Bits) -> Element
    ) throws(SQLDecodingFailure) -> [Element] {
        let size = MemoryLayout<Bits>.size
        func int32(at offset: Int) -> Int {
            unsafe Int(Int32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self)))
        }
        guard bytes.byteCount >= emptyHeader else { throw SQLDecodingFailure("is too short for an array") }
        if int32(at: 0) == 0 { return [] }
        guard int32(at: 0) == 1 else { throw SQLDecodingFailure("has more than one dimension") }
        // A NULL has no bytes, so that the length of the whole tells that there is none. (The flag may be set although there is none.)
        guard bytes.byteCount >= header, int32(at: 12) >= 0, bytes.byteCount == header + int32(at: 12) * (4 + size) else {
            throw SQLDecodingFailure("has a NULL element or another length than it says")
        }
        let count = int32(at: 12)
        return unsafe bytes.withUnsafeBytes { buffer in
            unsafe [Element](unsafeUninitializedCapacity: count) { elements, initialized in
                var offset = header
                for index in 0..<count {
                    let bits = unsafe Bits(bigEndian: buffer.loadUnaligned(fromByteOffset: offset + 4, as: Bits.self))
                    unsafe elements.initializeElement(at: index, to: element(bits))
                    offset += 4 + size
                }
                initialized = count
            }
        }
    }
}
