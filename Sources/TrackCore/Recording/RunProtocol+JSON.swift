extension RunProtocol {
    /// Reads either form; the member `statement` tells them apart, wherever it stands.
    init(_ reader: inout JSONReader) throws(JSONRefusal) {
        var isStated = false
        var ahead = reader
        try ahead.readObject { (reader, key) throws(JSONRefusal) in
            if case "statement" = key { isStated = true }
            try reader.skipValue()
        }
        self = isStated ? .stated(try StatedProtocol(&reader)) : .scored(try ScoringProtocol(&reader))
    }
}

extension StatedProtocol {
    fileprivate init(_ reader: inout JSONReader) throws(JSONRefusal) {
        var statement: String?
        var unit: Unit?
        let start = try reader.readObject { (reader, key) throws(JSONRefusal) in
            switch key {
            case "statement": statement = try reader.readString()
            case "unit": unit = try reader.readChoice()
            default: throw reader.unknown(key)
            }
        }
        self.init(
            statement: try reader.required(statement, "statement", of: start), unit: try reader.required(unit, "unit", of: start))
    }
}
