import Testing

@testable import Postgres

@Suite struct ConfigurationTests {
    @Test("clear text is accepted on this machine only, and TLS only when it is verified", arguments: [
        ("postgresql:///track?host=/run/postgresql&user=me",
            DatabaseConfiguration.Endpoint.unixSocket(folder: "/run/postgresql", port: 5432)),
        ("postgresql://me@%2Frun%2Fpostgresql:5433/track?sslmode=disable", .unixSocket(folder: "/run/postgresql", port: 5433)),
        ("postgresql://me@localhost/track", .loopback(port: 5432)),
        ("postgres://me@127.0.0.1:6000/track?sslmode=disable", .loopback(port: 6000)),
        ("postgresql://me@db.example.org/track?sslmode=verify-full&sslrootcert=/root.pem",
            .verifiedTLS(host: "db.example.org", port: 5432, rootCertificate: "/root.pem")),
    ])
    func accepted(url: String, endpoint: DatabaseConfiguration.Endpoint) throws {
        let configuration = try DatabaseConfiguration(url: url, schema: "track")
        #expect(configuration.endpoint == endpoint)
        #expect(configuration.user == "me" && configuration.database == "track" && configuration.schema == "track")
    }

    @Test("every other way is refused with a sentence that repeats no password", arguments: [
        "postgresql://me:hunter2@db.example.org/track",
        "postgresql://me:hunter2@db.example.org/track?sslmode=disable",
        "postgresql://me:hunter2@db.example.org/track?sslmode=allow",
        "postgresql://me:hunter2@db.example.org/track?sslmode=prefer",
        "postgresql://me:hunter2@db.example.org/track?sslmode=require",
        "postgresql://me:hunter2@db.example.org/track?sslmode=verify-ca&sslrootcert=/root.pem",
        "postgresql://me:hunter2@db.example.org/track?sslmode=verify-full",
        "postgresql://me:hunter2@localhost/track?sslmode=prefer",
        "postgresql://me:hunter2@localhost,db.example.org/track",
        "postgresql://me:hunter2@localhost/track?hostaddr=203.0.113.1",
        "postgresql://me:hunter2@localhost/track?options=-cfsync%3Doff",
        "postgresql://me:hunter2@localhost:99999/track",
        "postgresql://:hunter2@localhost/track",
        "postgresql://me:hunter2@localhost/track?nonsense=hunter2",
        "mysql://me:hunter2@localhost/track",
    ])
    func refused(url: String) {
        let error = #expect(throws: PostgresError.self) { try DatabaseConfiguration(url: url, schema: "track") }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.fullDescription.contains("hunter2") == false)
    }

    @Test("a password from the URL is found in no description")
    func secrets() throws {
        let configuration = try DatabaseConfiguration(url: "postgresql://me:hunter2@localhost/track", schema: "track")
        #expect(configuration.password?.reveal() == "hunter2")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration)\(String(reflecting: configuration))\(dumped)".contains("hunter2"))
    }

    @Test("the connection string names TLS that is verified, or none, and never Kerberos encryption")
    func connectionString() {
        let remote = DatabaseConfiguration(
            endpoint: .verifiedTLS(host: "db.example.org", rootCertificate: "/it's here.pem"), user: "me", database: "track")
        let text = ConnectionString.make(remote)
        #expect(text.contains("sslmode='verify-full'") && text.contains(#"sslrootcert='/it\'s here.pem'"#))
        #expect(text.contains("gssencmode='disable'"))
        let local = ConnectionString.make(DatabaseConfiguration(endpoint: .loopback(), user: "me", database: "track"))
        #expect(local.contains("sslmode='disable'") && local.contains("host='127.0.0.1'"))
    }
}
