import FoundationEssentials
import TrackCore

/// A line of the worker's, read as strictly as the contract says: what is unknown is refused by name and never replaced.
struct ServedRequest: Hashable, Sendable {
    struct Domain: Hashable, Sendable, Decodable {
        let index: Int
        let name: String
        let documents: Int
    }

    let id: String
    let path: String
    let digest: String
    let scoring: ServedProtocol
    let documents: String
    let domains: [Domain]

    /// - Throws: ``ServedRefusal``
    init(line: [UInt8]) throws(ServedRefusal) {
        let envelope: Envelope
        do {
            envelope = try JSONDecoder().decodeChecked(Envelope.self, from: Data(line))
        } catch {
            let fault = WireCoding.fault(of: error)
            throw .malformed("\(fault.field.isEmpty ? "a request line" : fault.field) \(fault.reason)")
        }
        guard envelope.type == "evaluate" else {
            throw .malformed("a request of type \(envelope.type.debugDescription) is unknown; contract version 1 knows \"evaluate\"")
        }
        guard !envelope.domains.isEmpty else { throw .malformed("the request names no domains") }
        guard Set(envelope.domains.map(\.index)).count == envelope.domains.count,
            envelope.domains.allSatisfy({ $0.index >= 0 && $0.documents >= 0 })
        else { throw .malformed("the domains of the request are not numbered apart, or one has a number below 0") }
        id = envelope.id
        path = envelope.checkpoint.path
        digest = envelope.checkpoint.digest
        scoring = try ServedProtocol(envelope.protocol)
        documents = envelope.documents
        domains = envelope.domains
    }

    /// The id of a request as far as it can be read: an answer to a broken one should still carry it.
    static func id(of line: [UInt8]) -> String {
        struct Named: Decodable { let id: String }
        return (try? JSONDecoder().decodeChecked(Named.self, from: Data(line)))?.id ?? ""
    }

    private struct Envelope: Decodable {
        struct Checkpoint: Decodable {
            let path: String
            let digest: String
        }

        let type: String
        let id: String
        let checkpoint: Checkpoint
        let `protocol`: [String: ProtocolValue]
        let documents: String
        let domains: [Domain]
    }
}

/// A value of a protocol as it came.
enum ProtocolValue: Hashable, Sendable, Decodable, CustomStringConvertible {
    case text(String)
    case whole(Int)
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let whole = try? container.decode(Int.self) {
            self = .whole(whole)
        } else {
            self = .other
        }
    }

    var description: String {
        switch self {
        case .text(let text): text.debugDescription
        case .whole(let whole): "\(whole)"
        case .other: "what was given"
        }
    }
}
