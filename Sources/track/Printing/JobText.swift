package import TrackCore

/// Jobs for people.
package enum JobText {
    /// What happens next with a job that was just asked for.
    package static func next(_ job: JobView) -> String {
        switch job.state {
        case .queued: "Evaluation queued on \(job.domainSet) (job \(job.id))." + waiting(job)
        case .running: "Its evaluation on \(job.domainSet) is running (job \(job.id))."
        case .succeeded: "It is already evaluated on \(job.domainSet) (job \(job.id))."
        case .failed, .cancelled:
            "Its evaluation on \(job.domainSet) \(job.state == .failed ? "failed" : "was cancelled") (job \(job.id)); "
                + "`track evaluate \(job.checkpoint)` tries again."
        }
    }

    /// A worker without the evaluator leaves the job to others, so that one which nobody has waits without end.
    private static func waiting(_ job: JobView) -> String {
        job.evaluator == "transformers" ? "" : " A worker takes it that has the evaluator \(job.evaluator)."
    }

    package static func progress(_ job: JobView) -> String {
        guard let progress = job.progress, job.state == .running else { return "job \(job.id): \(job.state.rawValue)" }
        return "job \(job.id): \(progress.domainsDone) of \(NumberText.counted(progress.domains, "domain")), "
            + "\(NumberText.grouped(progress.tokensDone)) tokens scored"
    }

    package static func table(_ jobs: [JobView], _ look: Look) -> String {
        guard !jobs.isEmpty else { return "No job is open." }
        var table = TextTable(
            ("job", .right), ("state", .left), ("checkpoint", .left), ("domain set", .left), ("reason", .left), ("tries", .right),
            ("progress", .left), ("queued", .left), ("last error", .left))
        for job in jobs {
            table.add([
                .init("\(job.id)"), .init(job.state.rawValue, colour(job.state)), .init(job.checkpoint), .init(job.domainSet),
                .init(job.reason.rawValue), .init("\(job.attempts)"),
                .init(job.progress.map { "\($0.domainsDone)/\($0.domains) domains" } ?? ""), .init(NumberText.time(job.queuedAt)),
                .init(job.lastError.map(beginning) ?? "", .red),
            ])
        }
        return table.text(look)
    }

    /// The first line, cut where a table has no room for more; `--json` has all of it.
    private static func beginning(_ text: String) -> String {
        let line = text.prefix { $0 != "\n" }
        return line.count > 80 ? line.prefix(79) + "…" : String(line)
    }

    private static func colour(_ state: JobState) -> Look.Colour? {
        switch state {
        case .failed: .red
        case .succeeded: .green
        case .running: .bold
        case .queued, .cancelled: nil
        }
    }
}
