import FoundationEssentials
package import Postgres
package import TrackCore

// How the product's own values stand in SQL.

extension Digest: SQLEncodable, SQLDecodable {
    package var sqlParameter: SQLParameter { bytes.sqlParameter }

    package init(sqlBytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        guard let digest = Digest(bytes: try [UInt8](sqlBytes: sqlBytes, type: type, format: format)) else {
            throw SQLDecodingFailure("is not a digest of 32 bytes")
        }
        self = digest
    }
}

extension RunID: SQLEncodable, SQLDecodable {
    package var sqlParameter: SQLParameter { uuid.sqlParameter }

    package init(sqlBytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        self.init(try UUID(sqlBytes: sqlBytes, type: type, format: format))
    }
}

extension TrackCore.Timestamp: SQLEncodable, SQLDecodable {
    package var sqlParameter: SQLParameter { date.sqlParameter }

    package init(sqlBytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        self.init(try Date(sqlBytes: sqlBytes, type: type, format: format))
    }
}

extension DomainName: SQLEncodable, SQLDecodable {
    package var sqlParameter: SQLParameter { .text(description) }

    package init(sqlBytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        guard let name = DomainName(try String(sqlBytes: sqlBytes, type: type, format: format)) else {
            throw SQLDecodingFailure("is not a domain name")
        }
        self = name
    }
}

extension JSONText {
    /// The wire form of a value.
    package init(encoding value: some Encodable) throws {
        self.init(String(decoding: try WireCoding.encode(value), as: UTF8.self))
    }

    package func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try WireCoding.decode(type, from: Data(text.utf8))
    }
}
