import CLibPQ

extension DatabaseConfiguration {
    /// Reads `postgresql://user:password@host:port/database?sslmode=verify-full&sslrootcert=/path/root.pem`, in every form that libpq knows
    /// (a Unix socket is `postgresql:///database?host=/folder&user=name`).
    ///
    /// - Throws: ``PostgresError`` with the code `invalidConfiguration`. Its text never repeats the URL, which may hold a password.
    public init(url: String, schema: String) throws(PostgresError) {
        let given = try Self.parse(url)
        let known: Set = ["host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "application_name"]
        if let unknown = given.keys.filter({ !known.contains($0) }).min() {
            throw PostgresError(.invalidConfiguration, "The database URL sets \(unknown), which is not supported; take it out.")
        }
        guard let user = given["user"], let database = given["dbname"] else {
            throw PostgresError(.invalidConfiguration, "The database URL must name a user and a database.")
        }
        guard let port = Int(given["port"] ?? "5432"), (1...65_535).contains(port) else {
            throw PostgresError(.invalidConfiguration, "The port in the database URL must be one number between 1 and 65535.")
        }
        let endpoint = try Self.endpoint(
            host: given["host"] ?? "", port: port, mode: given["sslmode"], rootCertificate: given["sslrootcert"])
        self.init(
            endpoint: endpoint, user: user, password: given["password"].map(Secret.init), database: database, schema: schema)
        if let name = given["application_name"] { applicationName = name }
    }

    /// Clear text stays on this machine; everything else is verified.
    static func endpoint(host: String, port: Int, mode: String?, rootCertificate: String?) throws(PostgresError) -> Endpoint {
        let isLocal = host.hasPrefix("/") || host == "localhost" || host == "127.0.0.1"
        switch mode {
        case "disable", nil:
            guard isLocal else {
                throw PostgresError(
                    .invalidConfiguration,
                    "A database on another host needs sslmode=verify-full and sslrootcert; "
                        + "without TLS the host must be a Unix socket folder or 127.0.0.1.")
            }
            return host.hasPrefix("/") ? .unixSocket(folder: host, port: port) : .loopback(port: port)
        case "verify-full":
            guard !host.hasPrefix("/"), !host.isEmpty else {
                throw PostgresError(.invalidConfiguration, "sslmode=verify-full needs a host name; a Unix socket has no TLS.")
            }
            guard let rootCertificate else {
                throw PostgresError(.invalidConfiguration, "sslmode=verify-full needs sslrootcert, the file with the certificate to trust.")
            }
            return .verifiedTLS(host: host, port: port, rootCertificate: rootCertificate)
        default:
            throw PostgresError(
                .invalidConfiguration,
                "The sslmode of the database must be verify-full, or disable on this machine; "
                    + "every other mode can be read or forged on the way.")
        }
    }

    private static func parse(_ url: String) throws(PostgresError) -> [String: String] {
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
            throw PostgresError(.invalidConfiguration, "The database URL must begin with postgresql://.")
        }
        guard let options = unsafe PQconninfoParse(url, nil) else {
            throw PostgresError(.invalidConfiguration, "The database URL cannot be read; check its percent-encoding and its keywords.")
        }
        defer { unsafe PQconninfoFree(options) }
        var given: [String: String] = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val { unsafe given[String(cString: keyword)] = unsafe String(cString: value) }
            unsafe option += 1
        }
        return given
    }
}
