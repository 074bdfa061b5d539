/// What became of one line of `POST /v1/runs/bulk`.
package enum BulkVerdict: String, Sendable, Codable {
    case accepted
    /// The same id with the same content was there already.
    case duplicate
    /// The id is recorded with other content; nothing was changed.
    case conflict
    /// The line is no run that can be recorded; its problem says why. The lines after it went on.
    case refused
}

/// One line of the answer to `POST /v1/runs/bulk`, in the order of the request's lines: what became of a line, after its COMMIT.
///
/// A line with nothing but a problem is the last one: the recording ended there, and goes on when the lines without an answer are sent
/// again.
package struct BulkAnswer: Sendable, Codable {
    /// Of the request, from 1; empty lines count and get no answer.
    package var line: Int?
    /// Nil where the line could not be read.
    package var id: RunID?
    package var verdict: BulkVerdict?
    package var digest: Digest?
    package var problem: Problem?

    package init(line: Int? = nil, id: RunID? = nil, verdict: BulkVerdict? = nil, digest: Digest? = nil, problem: Problem? = nil) {
        self.line = line
        self.id = id
        self.verdict = verdict
        self.digest = digest
        self.problem = problem
    }
}
