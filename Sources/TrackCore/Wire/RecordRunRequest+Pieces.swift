package import FoundationEssentials

extension RecordRunRequest {
    /// The wire form in pieces of about 64 KiB, a domain at the least: the text of a run of many MiB is never held whole.
    /// Joined, they are what ``WireCoding`` makes of the request.
    package func forEachPiece(_ receive: (Data) throws -> Void) throws {
        let hull = try WireCoding.encode(RecordRunRequest(run: run.withoutDomains, attempt: attempt))
        // Inside a string the quotes would be escaped, and no other key holds an empty list of this name: there is one such place.
        guard let list = hull.firstRange(of: Data(#""domains":[]"#.utf8)) else {
            throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: "the wire form of a run has no domains"))
        }
        var piece = Data(hull[..<(list.upperBound - 1)])
        var isFirst = true
        try run.content.forEachDomain { domain in
            if !isFirst { piece.append(UInt8(ascii: ",")) }
            isFirst = false
            piece.append(try WireCoding.encode(domain))
            guard piece.count >= 65536 else { return }
            try receive(piece)
            piece.removeAll(keepingCapacity: true)
        }
        piece.append(hull[(list.upperBound - 1)...])
        try receive(piece)
    }
}

extension EvaluationRun {
    fileprivate var withoutDomains: EvaluationRun {
        var copy = self
        copy.content =
            switch content {
            case .documents: .documents([])
            case .summary(let aggregation, _): .summary(aggregation, [])
            }
        return copy
    }
}

extension EvaluationRun.Content {
    fileprivate func forEachDomain(_ body: (any Encodable) throws -> Void) throws {
        switch self {
        case .documents(let domains): for domain in domains { try body(domain) }
        case .summary(_, let domains): for domain in domains { try body(domain) }
        }
    }
}
