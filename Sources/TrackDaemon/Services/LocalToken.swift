import Postgres
import TrackCore
import TrackStore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The way in for programs of this machine that speak TCP and no Unix socket: an administrator's token in the file `admin-token` of the
/// state folder, which only the daemon's own user can read, who may do everything over the socket anyway.
///
/// It is a token like every other. One that lets nobody in any more, because it was revoked or its row is not in this database, is replaced
/// at the next start: to renew it, revoke it and start trackd again.
enum LocalToken {
    /// Makes sure that the file holds a token that lets in.
    ///
    /// - Parameter host: whose daemon this is: several may share a database.
    static func prepare(in folder: StateFolder, host: String, database: Database) async throws {
        if try await isGood(folder.adminToken, in: database) { return }
        let name = Name.slug(of: "local-\(host)") ?? "local"
        let token = try await database.write("start.local-token") { db in
            let (token, view) = try TokenStore.create(name: name, role: .admin, lifetime: nil, in: db)
            try AuditStore.add(.createToken, "token \(view.id)", detail: ["name": name, "role": Role.admin.rawValue], by: .daemon, in: db)
            return token
        }
        try SecretFile.replace(folder.adminToken, with: token.text)
    }

    private static func isGood(_ file: String, in database: Database) async throws -> Bool {
        guard access(file, F_OK) == 0, let token = AccessToken(try SecretFile.read(file)) else { return false }
        let recorded = try await database.read("start.local-token") { db in try TokenStore.token(token.id, in: db) }
        guard let recorded, token.isProved(by: recorded.digest) else { return false }
        return recorded.role == .admin && recorded.revokedAt == nil
    }
}
