package import Postgres

/// Runs a test with a database of its own that holds the product's schema and nothing else.
///
/// ```swift
/// try await withTestDatabase { database in
///     let id = try await database.write("test") { db in try ProtocolStore.id(of: ScoringProtocol(), in: db) }
/// }
/// ```
package func withTestDatabase<Value: Sendable>(_ body: (Database) async throws -> Value) async throws -> Value {
    let (database, name) = try await TestServer.shared.acquire()
    let result: Result<Value, any Error>
    do { result = .success(try await body(database)) } catch { result = .failure(error) }
    await database.shutDown()
    try await TestServer.shared.release(name)
    return try result.get()
}
