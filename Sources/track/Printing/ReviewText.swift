package import TrackCore

/// Schedules, alerts, scorecards and the daemon's state for people.
package enum ReviewText {
    package static func schedules(_ schedules: [ScheduleView], _ look: Look) -> String {
        guard !schedules.isEmpty else {
            return "There is no schedule yet. `track schedule add NAME --weekly \"Mon 06:00\" --domain-set SET` makes one."
        }
        var table = TextTable(
            ("schedule", .left), ("when", .left), ("domain set", .left), ("lineages", .left), ("next", .left), ("last slot", .left))
        for schedule in schedules {
            table.add([
                .init(schedule.name),
                .init("\(WeeklySlot(isoWeekday: schedule.isoWeekday, at: schedule.at)) \(schedule.timeZone)"),
                .init(schedule.domainSet), .init(schedule.lineages.isEmpty ? "all" : schedule.lineages.joined(separator: ", ")),
                .init(schedule.enabled ? NumberText.time(schedule.nextAt) : "paused"),
                .init(schedule.occurrences.first.map(occurrence) ?? NumberText.none),
            ])
        }
        let refreshes = schedules.compactMap { schedule in
            schedule.occurrences.first { $0.refresh != nil }.map { "\(schedule.name), slot \($0.slot): \($0.refresh ?? "")" }
        }
        return ([table.text(look)] + refreshes).joined(separator: "\n")
    }

    private static func occurrence(_ occurrence: OccurrenceView) -> String {
        let outcome = occurrence.outcome.rawValue.map { $0 == "_" ? " " : String($0) }.joined()
        return "\(occurrence.slot) \(outcome)" + (occurrence.jobs > 0 ? ", \(occurrence.jobsDone) of \(occurrence.jobs) jobs done" : "")
    }

    package static func alerts(_ alerts: [AlertView], _ look: Look) -> String {
        guard !alerts.isEmpty else { return "No alert." }
        return alerts.map { alert in
            let isFiring = alert.state == .firing
            let state = isFiring ? "▲ firing" : "● resolved"
            var lines = [
                look.painted("\(state)  alert \(alert.id), \(alert.lineage), \(alert.rule)", isFiring ? .red : nil),
                "  " + alert.summary,
                "  since \(NumberText.time(alert.openedAt))"
                    + (alert.resolvedAt.map { ", resolved \(NumberText.time($0))" } ?? ", last seen \(NumberText.time(alert.lastSeenAt))"),
            ]
            for sent in alert.notifications {
                let trouble = sent.lastError.map { ": " + $0 } ?? ""
                lines.append("  \(sent.sink): \(sent.kind) \(sent.state.rawValue)" + (sent.state == .delivered ? "" : trouble))
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    package static func scorecards(_ cards: [ScorecardView]) -> String {
        guard !cards.isEmpty else { return "No scorecard: no lineage has anything to report." }
        return cards.map { "\($0.lineage), \($0.week): \($0.sentence)\n  \($0.htmlPath)\n  \($0.jsonPath)" }.joined(separator: "\n\n")
    }

    package static func status(_ status: StatusView, _ address: String, _ look: Look) -> String {
        let jobs = JobState.allCases.compactMap { state in
            status.jobs[state.rawValue].map { "\(NumberText.grouped(Int64($0))) \(state.rawValue)" }
        }
        var lines = [
            "trackd \(status.version) at \(address), running since \(NumberText.time(status.startedAt))",
            "  \(NumberText.counted(status.checkpoints, "checkpoint")), \(NumberText.counted(status.runs, "run"))",
            "  jobs: \(jobs.isEmpty ? "none" : jobs.joined(separator: ", ")); \(NumberText.counted(status.workers, "worker"))",
            "  next slot: \(status.nextSlotAt.map(NumberText.time) ?? "none scheduled")",
            look.painted("  \(NumberText.counted(status.firingAlerts, "firing alert"))", status.firingAlerts > 0 ? .red : nil),
        ]
        lines += status.attention.map { look.painted("! ", .yellow) + $0 }
        return lines.joined(separator: "\n")
    }
}
