/// Where the database is and how it is used.
public struct DatabaseConfiguration: Sendable {
    /// How to reach the server. There is no way to write down a connection that crosses a network without verified TLS.
    public enum Endpoint: Sendable, Hashable {
        /// The folder that holds the server's socket.
        case unixSocket(folder: String, port: Int = 5432)
        /// 127.0.0.1, in clear text.
        case loopback(port: Int = 5432)
        /// Any host, with TLS; the certificate must be signed by a root in the given PEM file and carry the host's name.
        case verifiedTLS(host: String, port: Int = 5432, rootCertificate: String)
    }

    public var endpoint: Endpoint
    public var user: String
    /// Without one, the server must trust the user or libpq must find the password in `~/.pgpass`.
    public var password: Secret?
    public var database: String
    /// The only schema on the search path (beside `pg_catalog`). It need not exist yet.
    public var schema: String
    public var applicationName = "postgres"
    public var poolSize = 8

    /// How long to wait for a free connection.
    public var poolTimeout: Duration = .seconds(5)
    /// How long opening a connection may take.
    public var connectTimeout: Duration = .seconds(5)
    /// How long a statement may wait for a lock.
    public var lockTimeout: Duration = .seconds(5)
    /// When the server ends a transaction whose client fell silent.
    public var idleInTransactionTimeout: Duration = .seconds(30)
    /// How long after a unit's own timeout the client gives the server up. Within it the server reports the timeout itself.
    public var grace: Duration = .seconds(2)
    /// When an unused connection is closed.
    public var idleTimeout: Duration = .seconds(60)
    /// When a connection is replaced however busy it is, because a server process grows with its caches.
    public var maximumLifetime: Duration = .seconds(3600)

    public init(endpoint: Endpoint, user: String, password: Secret? = nil, database: String, schema: String = "public") {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
        self.schema = schema
    }
}
