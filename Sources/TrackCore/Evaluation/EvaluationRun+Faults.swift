/// One thing that is wrong with a record: where, and what to do.
package struct Fault: Error, Hashable, Sendable, Codable {
    /// A JSON pointer, for example `/domains/3/documents/nll/17`.
    package let field: String
    package let reason: String

    package init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }
}

extension EvaluationRun {
    /// The first few things that make this record unusable for the revision that it names; empty when it is sound.
    ///
    /// Every domain must belong to the revision and be named at most once; a domain that is left out is *not evaluated*.
    package func faults(against revision: DomainSetRevision, limit: Int = 10) -> [Fault] {
        var faults: [Fault] = []
        func note(_ field: String, _ reason: String) {
            if faults.count < limit { faults.append(Fault(field: field, reason: reason)) }
        }
        if evaluator.isEmpty || evaluator.utf8.count > 200 || evaluator.utf8.contains(0) {
            note("/evaluator", "must have 1 to 200 bytes and no NUL character")
        }
        for fault in scoring.faults { note("/protocol" + fault.field, fault.reason) }
        for (key, value) in environment.sorted(by: { $0.key < $1.key }) where key.utf8.contains(0) || value.utf8.contains(0) {
            note("/environment/" + key, "holds a NUL character, which cannot be kept")
        }
        if let effort, effort != effort.sound { note("/effort", "must hold numbers from 0 on, finite ones but for noise") }
        if revision.digest != self.revision { note("/revision", "is not the digest of \(revision.label)") }
        let sizes = Dictionary(uniqueKeysWithValues: revision.domains.map { ($0.name, $0.documents) })
        var seen: Set<DomainName> = []
        func checkName(_ name: DomainName, _ field: String) -> Bool {
            if sizes[name] == nil { note(field + "/name", "\(name) is not a domain of \(revision.label)") }
            if !seen.insert(name).inserted { note(field + "/name", "\(name) is named twice") }
            return sizes[name] != nil
        }
        switch content {
        case .summary(_, let domains):
            if domains.isEmpty { note("/domains", "must not be empty") }
            for (index, domain) in domains.enumerated() {
                let field = "/domains/\(index)"
                _ = checkName(domain.domain, field)
                if domain.meanNLL.isNaN || domain.meanNLL < 0 {
                    note(field + "/mean_nll", "must be at least 0 nats or \"inf\"; a value that could not be computed is left out")
                }
                if let tokens = domain.tokens, tokens < 1 { note(field + "/tokens", "must be at least 1") }
                if let bytes = domain.bytes, bytes < 1 { note(field + "/bytes", "must be at least 1") }
            }
        case .documents(let domains):
            if revision.kind == .summary { note("/domains", "\(revision.label) has no documents: send a summary run") }
            if domains.isEmpty { note("/domains", "must not be empty") }
            for (index, domain) in domains.enumerated() {
                let field = "/domains/\(index)"
                guard checkName(domain.domain, field), let size = sizes[domain.domain] else { continue }
                switch domain.outcome {
                case .failed(let reason):
                    if reason.isEmpty || reason.utf8.contains(0) {
                        note(field + "/reason", "must say why the domain failed, without NUL characters")
                    }
                case .measured(let scores):
                    for fault in scores.faults(documents: size) {
                        note(field + fault.field, fault.reason)
                    }
                }
            }
        }
        return faults
    }
}

extension DocumentScores {
    /// What breaks the rules of a measured domain with the given number of documents.
    package func faults(documents: Int) -> [Fault] {
        var faults: [Fault] = []
        let count = nll.count
        if count < 1 || count > documents {
            faults.append(Fault(field: "/documents/nll", reason: "has \(count) values, but the domain has \(documents) documents"))
        }
        for (name, length) in [("tokens", tokens.count), ("bytes", bytes.count), ("words", words.count)] where length != count {
            faults.append(Fault(field: "/documents/\(name)", reason: "has \(length) values where nll has \(count)"))
        }
        if let bad = nll.firstIndex(where: { $0.isNaN || $0 < 0 }) {
            faults.append(
                Fault(field: "/documents/nll/\(bad)", reason: "must be at least 0 nats or \"inf\"; NaN makes the domain a failed one"))
        }
        let largest = Int64(Int32.max)
        if let bad = tokens.firstIndex(where: { $0 < 1 || $0 > largest }) {
            faults.append(Fault(field: "/documents/tokens/\(bad)", reason: "must be from 1 to \(largest)"))
        }
        if let bad = bytes.firstIndex(where: { $0 < 1 || $0 > largest }) {
            faults.append(Fault(field: "/documents/bytes/\(bad)", reason: "must be from 1 to \(largest)"))
        }
        if let bad = words.firstIndex(where: { $0 < 0 || $0 > largest }) {
            faults.append(Fault(field: "/documents/words/\(bad)", reason: "must be from 0 to \(largest)"))
        }
        if !histogram.isEmpty {
            if histogram.count != TokenHistogram.binCount || histogram.contains(where: { $0 < 0 }) {
                faults.append(Fault(field: "/histogram", reason: "must have \(TokenHistogram.binCount) counts"))
            } else if !TokenHistogram.adds(histogram, upTo: tokens.reduce(0, &+)) {
                faults.append(Fault(field: "/histogram", reason: "does not add up to the scored tokens"))
            }
        }
        if let types { faults += types.faults(tokens: tokens.reduce(0, &+), nll: totalNLL) }
        return faults
    }
}
