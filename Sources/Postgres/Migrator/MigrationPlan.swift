/// Compares what a program knows with what a database has.
struct MigrationPlan {
    /// What is to be applied, in order.
    let pending: [Migration]

    init(known: [Migration], applied: [AppliedMigration]) throws(Refusal) {
        var previous = 0
        for migration in known {
            guard migration.version > previous else { throw Refusal(.badList(version: migration.version)) }
            previous = migration.version
        }
        let newest = applied.map(\.version).max() ?? 0
        guard newest <= previous else { throw Refusal(.newerSchema(database: newest, known: previous)) }
        let knownByVersion = Dictionary(uniqueKeysWithValues: known.map { ($0.version, $0) })
        for migration in applied.sorted(by: { $0.version < $1.version }) {
            guard let own = knownByVersion[migration.version] else { throw Refusal(.unknownVersion(migration.version)) }
            guard own.sha256 == migration.sha256 else { throw Refusal(.changed(version: own.version, name: own.name)) }
        }
        let appliedVersions = Set(applied.map(\.version))
        pending = known.filter { !appliedVersions.contains($0.version) }
        if let first = pending.first, first.version < newest {
            throw Refusal(.skipped(version: first.version, name: first.name))
        }
    }

    /// A reason without the name of the program.
    struct Refusal: Error {
        let reason: MigrationError.Reason

        init(_ reason: MigrationError.Reason) {
            self.reason = reason
        }
    }
}
