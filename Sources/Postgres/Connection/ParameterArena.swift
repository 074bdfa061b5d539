import CLibPQ

/// The bound values of one statement, laid out as libpq wants them: parallel arrays of types, pointers, lengths and formats.
struct ParameterArena {
    private var bytes: [UInt8] = []
    /// Where each value begins in `bytes`; nil is NULL.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var types: [Oid] = []
    private var formats: [Int32] = []

    init(_ parameters: [SQLParameter], statement: StaticString) throws(PostgresError) {
        for (index, parameter) in parameters.enumerated() {
            switch parameter {
            case .null:
                append(nil, length: 0, .inferred, .text)
            case .text(let text):
                let start = bytes.count
                bytes.append(contentsOf: text.utf8)
                // libpq would end the value there without a word.
                guard !bytes[start...].contains(0) else {
                    throw PostgresError(
                        .encoding, "Parameter $\(index + 1) holds a NUL character, which PostgreSQL cannot store.", statement: statement)
                }
                append(start, length: bytes.count - start, .inferred, .text)
                bytes.append(0)
            case .binary(let value, let type):
                append(bytes.count, length: value.count, type, .binary)
                bytes.append(contentsOf: value)
            }
        }
        // A pointer into an empty array would be nil, which means NULL.
        bytes.append(0)
    }

    private mutating func append(_ offset: Int?, length: Int, _ type: SQLType, _ format: SQLFormat) {
        offsets.append(offset)
        lengths.append(Int32(clamping: length))
        types.append(type.rawValue)
        formats.append(format.rawValue)
    }

    func withPointers<Result>(
        _ body: (UnsafePointer<Oid>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            let start = unsafe UnsafeRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: CChar.self)
            let values = unsafe offsets.map { offset in unsafe offset.flatMap { unsafe start?.advanced(by: $0) } }
            return unsafe body(types, values, lengths, formats)
        }
    }
}
