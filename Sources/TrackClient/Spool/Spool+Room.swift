import TrackCore

extension Spool {
    /// How near its limits the spool is.
    package enum Room: Hashable, Sendable {
        case enough
        /// At least ``SpoolLimits/warningShare`` of a limit; the sentence says of which.
        case scarce(String)
        /// Nothing more should be begun that ends in a record. What is under way is still taken.
        case none(String)
    }

    /// What is not delivered, held against the limits. Looks only.
    package func room() throws(SpoolError) -> Room {
        let used = try asSpoolError { () throws(SystemFailure) in try undelivered() }
        let shares = [
            (share(used.files, limits.files), "\(used.files) of at most \(limits.files) records"),
            (share(used.bytes, limits.bytes), "\(megabytes(used.bytes)) of at most \(megabytes(limits.bytes))"),
        ]
        guard let (share, words) = shares.max(by: { $0.0 < $1.0 }), share >= SpoolLimits.warningShare else { return .enough }
        return share >= 1 ? .none("the spool \(path) is full: \(words)") : .scarce("the spool \(path) holds \(words)")
    }

    /// The same for whoever is about to begin work that ends in a record: it also makes the ballast where it is missing, and a disk that
    /// has no room for that, or a folder that cannot be written, is no room either.
    package func prepare() throws(SpoolError) -> Room {
        let room = try room()
        guard case .none = room else {
            do {
                return try makeBallast() ? room : .none("the disk of the spool \(path) is full")
            } catch {
                return .none("the spool \(path) cannot be written: \(error)")
            }
        }
        return room
    }

    /// Gives its room to whoever needs it now.
    func giveUpBallast() { files.remove(ballast) }

    var hasBallast: Bool { files.facts(ballast) != nil }

    /// False when the disk has no room for it.
    private func makeBallast() throws(SystemFailure) -> Bool {
        guard limits.ballastBytes > 0, !hasBallast else { return true }
        try makeFolders()
        // Twice, or it would be made and given up in turns.
        guard try files.freeBytes(path) >= 2 * limits.ballastBytes else { return false }
        let draft = file(.tmp, RunID.make(at: now()).description)
        do {
            try files.create(draft, Spool.incompressible(Int(limits.ballastBytes)))
            try files.move(draft, to: ballast, in: path)
        } catch {
            files.remove(draft)
            guard error.isOutOfRoom else { throw error }
            return false
        }
        return true
    }

    private var ballast: String { path + "/ballast" }

    /// Some file systems store zeros, and what repeats, in next to nothing. xorshift64 (Marsaglia 2003) does not repeat.
    private static func incompressible(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var state: UInt64 = 0x9e37_79b9_7f4a_7c15
            let words = UnsafeMutableRawBufferPointer(buffer)
            for offset in stride(from: 0, to: count - 7, by: 8) {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                words.storeBytes(of: state, toByteOffset: offset, as: UInt64.self)
            }
            for offset in (count & ~7)..<count { buffer[offset] = 0 }
            filled = count
        }
    }

    private func undelivered() throws(SystemFailure) -> (files: Int64, bytes: Int64) {
        var (count, bytes) = (Int64(0), Int64(0))
        for each in [Folder.new, .work, .quarantine] {
            for name in try files.names(in: folder(each)) {
                bytes += files.facts(file(each, name))?.size ?? 0
                if !name.hasSuffix(QuarantineReason.suffix) { count += 1 }
            }
        }
        return (count, bytes)
    }

    private func share(_ used: Int64, _ limit: Int64) -> Double { limit > 0 ? Double(used) / Double(limit) : 1 }

    private func megabytes(_ bytes: Int64) -> String { "\((bytes + 500_000) / 1_000_000) MB" }
}
