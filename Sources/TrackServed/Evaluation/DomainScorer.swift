import FoundationEssentials
import TrackCore
import TrackEvaluators

/// Why a domain has no numbers, in words for a person. The rest of the evaluation goes on.
struct DomainFailure: Error {
    let reason: String
}

/// The documents of one domain as token sequences, with what they are counted by.
struct TokenizedDomain: Sendable {
    let domain: ServedRequest.Domain
    var sequences: [TokenSequence] = []
    var texts: [String] = []
    var bytes: [Int] = []
    var words: [Int64] = []
}

/// Has the windows of a domain scored, a bounded number of requests at a time.
struct DomainScorer: Sendable {
    let connection: ServerConnection
    let model: String
    let scoring: ServedProtocol
    let context: Int
    /// To which the server's answer is known to be right. A text when it takes no token ids.
    let known: Prompt
    let progress: ServedProgress

    private struct Piece: Sendable {
        let sequence: Int
        let window: Window
        let prompt: Prompt
    }

    /// - Throws: ``DomainFailure``, ``ServedRefusal``, `CancellationError`.
    func score(_ domain: TokenizedDomain) async throws -> ServedMessage.Scores {
        let sequences = scoring.windows == .packed ? [TokenSequence.packed(domain.sequences)] : domain.sequences
        var pieces: [Piece] = []
        for (number, sequence) in sequences.enumerated() {
            for window in sequence.windows(scoring.windows, context: context) {
                let isCounted = sequence.counted[window.firstScored..<window.stop].contains(true)
                if isCounted { pieces.append(try piece(of: sequence, number, window, domain)) }
            }
        }
        var values = sequences.map { [Double?](repeating: nil, count: $0.predictions) }
        var open = sequences.indices.map { number in pieces.count { $0.sequence == number } }
        try await forEach(pieces, in: domain) { piece, nll in
            for place in piece.window.firstScored..<piece.window.stop where sequences[piece.sequence].counted[place] {
                values[piece.sequence][place] = nll[place - piece.window.start]
            }
            open[piece.sequence] -= 1
            progress.scored(tokens: piece.window.scored, finishing: open[piece.sequence] == 0 ? 1 : 0)
        }
        return try scores(domain, values)
    }

    private func piece(of sequence: TokenSequence, _ number: Int, _ window: Window, _ domain: TokenizedDomain) throws -> Piece {
        let ids = Array(sequence.ids[window.start...window.stop])
        guard case .text = known else { return Piece(sequence: number, window: window, prompt: .tokens(ids)) }
        guard ids.count == sequence.ids.count, scoring.windows != .packed else {
            throw DomainFailure(
                reason: "document \(number + 1) of domain \(domain.domain.name) does not fit into one window of \(context) tokens, and "
                    + "this server takes text only, so that a window cannot begin in the middle of a document")
        }
        return Piece(sequence: number, window: window, prompt: .text(domain.texts[number], tokens: ids))
    }

    private func forEach(_ pieces: [Piece], in domain: TokenizedDomain, _ take: (Piece, [Double]) -> Void) async throws {
        try await withThrowingTaskGroup(of: (Int, [Double]).self) { group in
            var next = 0
            func addOne() {
                guard next < pieces.count else { return }
                let (index, piece) = (next, pieces[next])
                next += 1
                group.addTask { (index, try await nll(of: piece, in: domain.domain)) }
            }
            for _ in 0..<connection.settings.concurrency { addOne() }
            while let (index, nll) = try await group.next() {
                take(pieces[index], nll)
                addOne()
            }
        }
    }

    private func nll(of piece: Piece, in domain: ServedRequest.Domain) async throws -> [Double] {
        let what = "\(scoring.windows == .packed ? "the packed documents" : "document \(piece.sequence + 1)") of domain \(domain.name)"
        do {
            do {
                return try await answer(to: piece.prompt)
            } catch AnswerFault.unfit {
                // Something between here and the server may have cut the answer: the second one is whole, or tells that it was not that.
                return try await answer(to: piece.prompt)
            }
        } catch AnswerFault.notANumber {
            throw DomainFailure(reason: "NLL is NaN in \(what)")
        } catch AnswerFault.unfit(let reason) {
            guard await answersKnown() else { throw ServedRefusal.unfit("for \(what) it \(reason).") }
            throw DomainFailure(reason: "the server gave no answer that can be used for \(what): it \(reason)")
        } catch let fault as ServerFault {
            switch fault {
            case .refused(status: 400, let words), .refused(status: 413, let words), .refused(status: 422, let words):
                throw DomainFailure(reason: "the server refused \(what): it \(words)")
            case .gone(let words), .failing(status: 500, let words):
                guard await answersKnown() else { throw fault }
                throw DomainFailure(reason: "the server gave no answer for \(what): it \(words)")
            case .refused, .failing: throw fault
            }
        }
    }

    private func answer(to prompt: Prompt) async throws -> [Double] {
        let api = connection.settings.api
        let body = try PromptForm.body(api, prompt, model: model)
        return try PromptForm.read(api, try await connection.post(PromptForm.path(api), body), for: prompt).nll
    }

    /// Tells a server that fails with one document, which costs a domain, from one that is gone, which ends the evaluation.
    private func answersKnown() async -> Bool { (try? await answer(to: known)) != nil }

    private func scores(_ domain: TokenizedDomain, _ values: [[Double?]]) throws -> ServedMessage.Scores {
        var scores = ServedMessage.Scores(bytes: domain.bytes, words: domain.words)
        scores.histogram = Array(repeating: 0, count: TokenHistogram.binCount)
        let documents = scoring.windows == .packed ? Self.unpacked(values[0], domain.sequences) : values.map { $0[...] }
        for (number, predictions) in documents.enumerated() {
            let nll = predictions.compactMap(\.self)
            guard !nll.isEmpty else {
                throw DomainFailure(
                    reason: "document \(number + 1) of domain \(domain.domain.name) has no token that counts under the protocol")
            }
            scores.nll.append(nll.reduce(0, +))
            scores.tokens.append(nll.count)
            for value in nll { scores.histogram[TokenHistogram.bin(of: value)] += 1 }
        }
        return scores
    }

    /// The predictions of each document in the packed stream.
    private static func unpacked(_ values: [Double?], _ sequences: [TokenSequence]) -> [ArraySlice<Double?>] {
        var place = 0
        return sequences.map { sequence in
            defer { place += sequence.predictions + 1 }
            return values[place..<(place + sequence.predictions)]
        }
    }
}
