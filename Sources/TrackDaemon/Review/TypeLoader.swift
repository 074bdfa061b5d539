import Postgres
import TrackCore
import TrackStore

/// Loads which types carry the loss of a run's domains; only where a flag asks for it, because it is the larger part of a run.
enum TypeLoader {
    static func types(of run: RunID, in db: Session) throws -> [DomainName: TypeLosses] {
        let losses = try RunStore.types(of: run, in: db)
        guard !losses.isEmpty, let revision = try RunStore.revision(of: run, in: db) else { return [:] }
        return Dictionary(
            zip(revision.domains, losses).compactMap { domain, losses in losses.map { (domain.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }
}
