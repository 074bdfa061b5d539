/// The text that libpq connects with.
enum ConnectionString {
    /// libpq fills every keyword that is not given from a `PG*` environment variable. So all of them are given, empty ones too: what this
    /// program connects to depends on its configuration alone. (`PGSERVICE` has no keyword that switches it off, but a service can only
    /// fill keywords that are not given.)
    static func make(_ configuration: DatabaseConfiguration) -> String {
        let endpoint = keywords(of: configuration.endpoint)
        let common: [(String, String)] = [
            ("hostaddr", ""),
            ("dbname", configuration.database),
            ("user", configuration.user),
            ("password", configuration.password?.reveal() ?? ""),
            ("passfile", ""),
            ("channel_binding", "prefer"),
            ("connect_timeout", String(max(2, configuration.connectTimeout.components.seconds))),
            ("client_encoding", "UTF8"),
            ("options", options(configuration)),
            ("application_name", configuration.applicationName),
            ("keepalives", "1"),
            ("keepalives_idle", "30"),
            ("keepalives_interval", "10"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
            ("gssencmode", "disable"),
            ("krbsrvname", "postgres"),
            ("sslcompression", "0"),
            ("sslcert", ""),
            ("sslkey", ""),
            ("sslcrl", ""),
            ("sslcrldir", ""),
            ("sslsni", "1"),
            ("ssl_min_protocol_version", "TLSv1.2"),
            ("ssl_max_protocol_version", ""),
            ("requirepeer", ""),
            ("target_session_attrs", "any"),
        ]
        return (endpoint + common).map { "\($0.0)=\(Quoting.connectionValue($0.1))" }.joined(separator: " ")
    }

    /// `sslmode` is always one of two: libpq's default falls back to clear text without a word.
    private static func keywords(of endpoint: DatabaseConfiguration.Endpoint) -> [(String, String)] {
        switch endpoint {
        case .unixSocket(let folder, let port):
            [("host", folder), ("port", String(port)), ("sslmode", "disable"), ("sslrootcert", "")]
        case .loopback(let port):
            [("host", "127.0.0.1"), ("port", String(port)), ("sslmode", "disable"), ("sslrootcert", "")]
        case .verifiedTLS(let host, let port, let rootCertificate):
            [("host", host), ("port", String(port)), ("sslmode", "verify-full"), ("sslrootcert", rootCertificate)]
        }
    }

    /// The settings that the decoders and the promises rely on, for the whole session.
    private static func options(_ configuration: DatabaseConfiguration) -> String {
        let settings: [(String, String)] = [
            ("TimeZone", "UTC"),
            ("DateStyle", "ISO, MDY"),
            ("IntervalStyle", "iso_8601"),
            ("bytea_output", "hex"),
            ("extra_float_digits", "1"),
            ("client_min_messages", "warning"),
            ("search_path", Quoting.identifier(configuration.schema)),
            ("synchronous_commit", "on"),
            ("lock_timeout", String(configuration.lockTimeout.milliseconds)),
            ("idle_in_transaction_session_timeout", String(configuration.idleInTransactionTimeout.milliseconds)),
        ]
        return settings.map { "-c \(Quoting.startupOption("\($0.0)=\($0.1)"))" }.joined(separator: " ")
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a short timeout never becomes PostgreSQL's 0, which means none.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
