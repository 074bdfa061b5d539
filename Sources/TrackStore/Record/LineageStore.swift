package import Postgres
package import TrackCore

/// Table `lineage`.
package enum LineageStore {
    /// The lineage of that name, made when it is new; locked until the transaction ends.
    package static func findOrCreate(_ name: String, in db: Session) throws -> (lineage: Lineage, created: Bool) {
        let made = try db.execute("INSERT INTO lineage (name) VALUES (\(name)) ON CONFLICT (name) DO NOTHING")
        let lineage = try db.one(select("WHERE name = \(name) FOR UPDATE"), as: Row.self).lineage
        return (lineage, made == 1)
    }

    package static func lineage(named name: String, in db: Session) throws -> Lineage? {
        try db.first(select("WHERE name = \(name)"), as: Row.self)?.lineage
    }

    package static func lineage(_ id: Int64, in db: Session) throws -> Lineage? {
        try db.first(select("WHERE id = \(id)"), as: Row.self)?.lineage
    }

    package static func all(in db: Session) throws -> [Lineage] {
        try db.rows(select("ORDER BY name"), as: Row.self).map(\.lineage)
    }

    package static func setBaseline(_ checkpoint: Int64, of lineage: Int64, in db: Session) throws {
        try db.execute("UPDATE lineage SET baseline = \(checkpoint) WHERE id = \(lineage)")
    }

    /// Adds to the in-domain list what is not in it yet.
    package static func addInDomain(_ domains: [String], to lineage: Int64, in db: Session) throws {
        try db.execute(
            """
            UPDATE lineage SET in_domain = (SELECT array_agg(DISTINCT name ORDER BY name) FROM unnest(in_domain || \(domains)::text[]) name)
            WHERE id = \(lineage)
            """)
    }

    package static func setDomainSet(_ name: String, of lineage: Int64, in db: Session) throws {
        try db.execute("UPDATE lineage SET domain_set = \(name) WHERE id = \(lineage)")
    }

    package static func setTrainingOrder(_ order: TrainingOrder, of lineage: Int64, in db: Session) throws {
        try db.execute("UPDATE lineage SET training_order = \(order.rawValue) WHERE id = \(lineage)")
    }

    private static func select(_ filter: SQL) -> SQL {
        "SELECT id, name, baseline, in_domain, domain_set, training_order FROM lineage \(fragment: filter)"
    }

    private struct Row: SQLRow {
        let lineage: Lineage

        init(row: inout RowReader) throws(PostgresError) {
            var found = Lineage(
                id: try row.read("id"), name: try row.read("name"), baseline: try row.read("baseline"), inDomain: try row.read("in_domain"),
                domainSet: try row.read("domain_set"))
            found.trainingOrder = try row.read("training_order")
            lineage = found
        }
    }
}

extension TrainingOrder: SQLDecodable {}
