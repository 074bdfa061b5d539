package import TrackClient
import TrackCore

/// The spool for people.
package enum SpoolText {
    package static func replayed(_ count: Int) -> String {
        "The daemon's history is another one than before (a restore or a failover): "
            + "\(NumberText.counted(count, "record")) that it had acknowledged \(count == 1 ? "is" : "are") queued again."
    }

    package static func delivery(_ delivery: SpoolDelivery, _ look: Look) -> String {
        var lines = delivery.replayed > 0 ? [look.painted("! " + replayed(delivery.replayed), .yellow)] : []
        lines += delivery.records.map { line($0, look) }
        lines.append("\(NumberText.counted(delivery.sent, "record")) delivered, \(delivery.waiting) waiting.")
        lines += delivery.quarantined.map { "In quarantine: \($0.file)" }
        return lines.joined(separator: "\n")
    }

    private static func line(_ record: SpoolDelivery.Record, _ look: Look) -> String {
        let reason = record.reason.map { ": " + $0 } ?? ""
        return switch record.outcome {
        case .accepted: look.painted("✓", .green) + " \(record.label) recorded"
        case .duplicate: look.painted("✓", .green) + " \(record.label) was recorded already"
        case .fenced: "○ \(record.label) superseded: another attempt had answered for its job, so it is kept apart"
        case .quarantined: look.painted("✕", .red) + " \(record.label) refused\(reason)"
        case .kept: look.painted("!", .yellow) + " \(record.label) stays\(reason)"
        }
    }

    package static func status(_ status: SpoolStatus, _ look: Look) -> String {
        var table = TextTable(("", .left), ("records", .right), ("size", .right), ("oldest", .left), ("newest", .left))
        for holding in status.folders {
            table.add([
                .init(name(of: holding.folder)), .init("\(holding.records)", colour(holding)), .init(NumberText.bytes(holding.bytes)),
                .init(holding.records > 0 ? NumberText.time(holding.oldest) : ""),
                .init(holding.records > 0 ? NumberText.time(holding.newest) : ""),
            ])
        }
        var lines = ["Spool \(status.path)", table.text(look), limits(status.limits)]
        if let room = status.room {
            let effect = status.isFull ? ". Workers on this machine begin nothing until there is room." : "."
            lines.append(look.painted("! " + room.prefix(1).uppercased() + room.dropFirst() + effect, status.isFull ? .red : .yellow))
        }
        lines += status.daemons.filter { $0.failures > 0 }.map(resting)
        lines += status.quarantine.map { record in
            look.painted("✕", .red) + " \(record.id?.description ?? record.file), \(NumberText.bytes(record.bytes)): \(record.reason)"
        }
        return lines.joined(separator: "\n")
    }

    private static func name(of folder: Spool.Folder) -> String {
        switch folder {
        case .new: "waiting"
        case .work: "being delivered"
        case .sent: "sent"
        case .quarantine: "in quarantine"
        case .tmp, .daemons: folder.rawValue
        }
    }

    private static func colour(_ holding: SpoolStatus.Holding) -> Look.Colour? {
        holding.folder == .quarantine && holding.records > 0 ? .red : nil
    }

    private static func limits(_ limits: SpoolLimits) -> String {
        "Limits: \(NumberText.grouped(limits.files)) records and \(NumberText.bytes(limits.bytes)) not delivered; "
            + "sent ones are kept \(NumberText.counted(Int(limits.sentDays), "day")), \(NumberText.bytes(limits.sentBytes)) at most."
    }

    private static func resting(_ daemon: SpoolDaemon) -> String {
        let until = daemon.notBefore.map { ", left alone until \(NumberText.time($0))" } ?? ""
        return "! \(daemon.address): \(NumberText.counted(daemon.failures, "delivery", plural: "deliveries")) in a row failed\(until)."
    }

    package static func verification(_ result: SpoolVerification, _ look: Look) -> String {
        var lines = result.faults.map { fault in
            look.painted("✕", .red) + " \(words(for: fault)): \(fault.label)\(fault.detail.map { ", " + $0 } ?? "")\n  \(fault.file)"
        }
        guard let oldest = result.oldest, let newest = result.newest else {
            lines.append("The spool holds no readable record to compare.")
            return lines.joined(separator: "\n")
        }
        lines.append(
            "\(NumberText.counted(result.checked, "record")) made from \(NumberText.time(oldest)) to \(NumberText.time(newest)): "
                + "\(result.recorded) recorded with the same digest, \(result.keptApart) kept apart, \(result.missing) missing, "
                + "\(result.different) different, \(result.unreadable) unreadable.")
        lines.append("Nothing is said about records that this spool no longer holds.")
        if result.quarantined > 0 {
            lines.append("\(NumberText.counted(result.quarantined, "record")) in quarantine not compared: `track spool status`.")
        }
        return lines.joined(separator: "\n")
    }

    private static func words(for fault: SpoolVerification.Record) -> String {
        switch fault.finding {
        case .missing: fault.isWaiting ? "not delivered yet" : "missing"
        case .different: "different"
        case .unreadable: "damaged in the spool"
        case .recorded: "recorded"
        case .keptApart: "kept apart"
        }
    }
}
