import TrackEvaluators

/// Reads the documents of a domain and turns them into what the model reads.
struct DomainReader<Tokenizer: TextTokenizer>: Sendable {
    let scoring: ServedProtocol
    /// Tokens, the protocol's 0 resolved.
    let context: Int
    /// Nil where the tokenizer alone says what stands before a document.
    let prefix: Int?
    let tokenizer: Tokenizer
    /// For a server that takes text only: it must read every document as the same tokens.
    let proof: ServerTokenizer?
    let progress: ServedProgress

    /// Reads all documents of the domain, whatever becomes of it: the next domain begins after them.
    ///
    /// - Throws: ``DomainFailure`` that names the first document which cannot be measured, ``ServedRefusal``.
    func read(_ domain: ServedRequest.Domain, from lines: inout DocumentLines) async throws -> TokenizedDomain {
        var result = TokenizedDomain(domain: domain)
        var failure: String?
        for number in 0..<domain.documents {
            let document = try lines.next(of: domain)
            guard failure == nil else { continue }
            let place = "document \(number + 1) of domain \(domain.name)"
            switch document {
            case .chat: failure = "\(place) is a conversation, and this evaluator scores plain text only"
            case .notUnicode: failure = "\(place) is not valid Unicode (it holds half of a surrogate pair)"
            case .text(let text): failure = try await append(text, to: &result).map { "\(place) \($0)" }
            }
        }
        if domain.documents == 0 { failure = "domain \(domain.name) has no documents" }
        if let failure { throw DomainFailure(reason: failure) }
        return result
    }

    /// - Returns: why the document cannot be measured.
    private func append(_ text: String, to domain: inout TokenizedDomain) async throws -> String? {
        let encoded = try await tokenizer.encode(text, special: prefix == nil)
        var sequence = prefix.map { TokenSequence(prefix: $0, tokens: encoded.ids) } ?? TokenSequence(tokens: encoded.ids)
        guard !encoded.ids.isEmpty else { return "has no tokens" }
        guard sequence.predictions > 0 else { return "has no token that counts under the protocol" }
        if let proof, try await proof.encode(text, special: true).ids != sequence.ids {
            return "is read as other tokens by the server, which takes text only"
        }
        var covered = text
        if scoring.windows == .truncated, let ends = encoded.ends {
            let kept = ends.prefix(context - (prefix == nil ? 0 : 1)).max() ?? 0
            covered = String(String.UnicodeScalarView(text.unicodeScalars.prefix(kept)))
            sequence.cut(to: context)
        }
        progress.found(tokens: sequence.predictions)
        domain.sequences.append(sequence)
        domain.texts.append(text)
        domain.bytes.append(covered.utf8.count)
        domain.words.append(PythonWords.count(covered))
        return nil
    }
}
