extension TypeLosses {
    /// Its members are all asked for, and no other is known. Whether they fit one another, ``faults(tokens:nll:)`` says.
    init(_ reader: inout JSONReader) throws(JSONRefusal) {
        var id: [Int64]?
        var text: [String]?
        var count: [Int64]?
        var nll: [Double]?
        var rest: Rest?
        let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
            switch key {
            case "id": id = try reader.readList { (reader) throws(JSONRefusal) in try reader.readInt64() }
            // A text that is too long is a fault of the run, which is told with its place among the others.
            case "text": text = try reader.readList { (reader) throws(JSONRefusal) in try reader.readString(limit: 1 << 20) }
            case "count": count = try reader.readList { (reader) throws(JSONRefusal) in try reader.readInt64() }
            case "nll": nll = try reader.readList { (reader) throws(JSONRefusal) in try reader.readDouble() }
            case "rest": rest = try Rest(&reader)
            default: throw reader.unknown(key)
            }
        }
        self.init(
            id: try reader.required(id, "id", of: start), text: try reader.required(text, "text", of: start),
            count: try reader.required(count, "count", of: start), nll: try reader.required(nll, "nll", of: start),
            rest: try reader.required(rest, "rest", of: start))
    }
}

extension TypeLosses.Rest {
    fileprivate init(_ reader: inout JSONReader) throws(JSONRefusal) {
        var count: Int64?
        var nll: Double?
        let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
            switch key {
            case "count": count = try reader.readInt64()
            case "nll": nll = try reader.readDouble()
            default: throw reader.unknown(key)
            }
        }
        self.init(count: try reader.required(count, "count", of: start), nll: try reader.required(nll, "nll", of: start))
    }
}

extension JSONReader {
    fileprivate mutating func readList<Value>(
        _ element: (inout JSONReader) throws(JSONRefusal) -> Value
    ) throws(JSONRefusal) -> [Value] {
        var values: [Value] = []
        try readArray { (reader) throws(JSONRefusal) in values.append(try element(&reader)) }
        return values
    }
}
