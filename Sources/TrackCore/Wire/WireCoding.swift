package import FoundationEssentials

/// The one way in which daemon, command line and worker write and read JSON: snake_case keys, sorted; doubles that are not finite as
/// the strings `"inf"`, `"-inf"`, `"nan"`.
package enum WireCoding {
    package static func encode(_ value: some Encodable, pretty: Bool = false) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(value)
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decodeChecked(type, from: data)
    }

    /// What a decoding error means for the person who wrote the JSON: the place as a JSON pointer, and the reason.
    package static func fault(of error: any Error) -> Fault {
        if let fault = error as? Fault { return fault }
        guard let error = error as? DecodingError else { return Fault(field: "", reason: "is not readable JSON") }
        func pointer(_ path: [any CodingKey]) -> String {
            path.map { "/" + ($0.intValue.map(String.init) ?? snakeCase($0.stringValue)) }.joined()
        }
        switch error {
        case .keyNotFound(let key, let context):
            return Fault(field: pointer(context.codingPath) + "/" + snakeCase(key.stringValue), reason: "is missing")
        case .valueNotFound(_, let context): return Fault(field: pointer(context.codingPath), reason: "must not be null")
        case .typeMismatch(let type, let context):
            return Fault(field: pointer(context.codingPath), reason: "must be \(plainName(of: type))")
        case .dataCorrupted(let context):
            return Fault(
                field: pointer(context.codingPath), reason: context.codingPath.isEmpty ? "is not valid JSON" : context.debugDescription)
        @unknown default: return Fault(field: "", reason: "is not readable JSON")
        }
    }

    private static func plainName(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is Double.Type, is Float.Type: "a number"
        case is Int.Type, is Int64.Type, is Int32.Type: "a whole number"
        case is any Collection.Type: "a list"
        default: "an object"
        }
    }

    private static func snakeCase(_ key: String) -> String {
        var text = ""
        for character in key {
            if character.isUppercase { text += "_" + character.lowercased() } else { text.append(character) }
        }
        return text
    }
}
