package import TrackCore

extension Spool {
    /// Hears under which epoch a daemon answers. When it is another than last time, the daemon's database was restored or lost its newest
    /// transactions in a failover: everything that it acknowledged before is queued again.
    ///
    /// The new epoch is written after the last move. A process that dies in between leaves the old one, and the next begins again with what
    /// is left under the old key; what was delivered anew meanwhile has the new key and stays.
    ///
    /// - Returns: how many records were queued again.
    package func note(epoch: String, of daemon: String) throws(SpoolError) -> Int {
        try asSpoolError { () throws(SystemFailure) in try noteEpoch(epoch, of: daemon) }
    }

    func noteEpoch(_ epoch: String, of daemon: String) throws(SystemFailure) -> Int {
        guard exists else { return 0 }
        let known = try self.daemon(daemon).epoch
        guard known != epoch else { return 0 }
        let lost = known.map(SentName.key)
        let moved = lost == nil ? 0 : try queueAgain { name, _ in name.key == nil || name.key == lost }
        try update(daemon) { $0.epoch = epoch }
        return moved
    }

    /// Queues acknowledged records again: those since a time, or all. The daemon answers `duplicate` to what it has.
    package func replay(since time: Timestamp?) throws(SpoolError) -> Int {
        try asSpoolError { () throws(SystemFailure) in
            try queueAgain { _, facts in time.map { facts.modifiedAt >= $0 } ?? true }
        }
    }

    /// Removes the oldest copies of delivered records beyond the age and the size that they may have. It looks into `sent` only: what is
    /// not acknowledged is never there.
    func prune() throws(SystemFailure) {
        var kept: [(name: String, facts: SpoolFiles.Facts)] = []
        for name in try files.names(in: folder(.sent)) {
            guard let facts = files.facts(file(.sent, name)) else { continue }
            kept.append((name, facts))
        }
        // The newest first. A time of the future, from a clock that was set back, is as good as now.
        kept.sort { ($0.facts.modifiedAt, $0.name) > ($1.facts.modifiedAt, $1.name) }
        let oldest = now().adding(seconds: -Double(limits.sentDays) * 86400)
        var bytes = Int64(0)
        for (name, facts) in kept {
            bytes += facts.size
            if bytes > limits.sentBytes || facts.modifiedAt < oldest { files.remove(file(.sent, name)) }
        }
    }

    private func queueAgain(_ isWanted: (SentName, SpoolFiles.Facts) -> Bool) throws(SystemFailure) -> Int {
        var moved = 0
        for fileName in try files.names(in: folder(.sent)) {
            guard let name = SentName(fileName: fileName), let facts = files.facts(file(.sent, fileName)), isWanted(name, facts) else {
                continue
            }
            do throws(SystemFailure) {
                try files.rename(file(.sent, fileName), to: file(.new, name.record))
                moved += 1
            } catch {
                // Another process did the same meanwhile.
                if !error.isMissing { throw error }
            }
        }
        if moved > 0 { try files.syncFolder(folder(.new)) }
        return moved
    }
}
