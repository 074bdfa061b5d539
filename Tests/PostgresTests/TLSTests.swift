import Foundation
import Logging
import Testing

@testable import Postgres

#if canImport(Glibc)
    import Glibc
#endif

/// Connections over TCP to a server with a certificate of its own authority, issued to the name localhost.
@Suite struct TLSTests {
    private static let server = TLSServer()

    @Test("a verified connection is encrypted, and the server says so")
    func verified() async throws {
        let database = Self.server.database(host: "localhost", authority: "ca.pem")
        let isEncrypted = try await eventuallyConnected {
            try await database.read("tls") { db in
                try db.one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", as: Bool.self)
            }
        }
        #expect(isEncrypted)
        await database.shutDown()
    }

    @Test(
        "another authority, another name and a missing authority are refused",
        arguments: [("localhost", "other.pem"), ("127.0.0.1", "ca.pem"), ("localhost", "missing.pem")])
    func refused(host: String, authority: String) async throws {
        let database = Self.server.database(host: host, authority: authority)
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("tls") { db in try db.one("SELECT 1", as: Int.self) }
        }
        #expect(error?.code == .connectionFailed)
        await database.shutDown()
    }

    @Test("a server that offers no TLS gets no further word")
    func noDowngrade() async throws {
        let listener = PlainListener()
        var configuration = DatabaseConfiguration(
            endpoint: .verifiedTLS(host: "127.0.0.1", port: listener.port, rootCertificate: Self.server.folder + "/ca.pem"),
            user: "postgres",
            password: Secret("hunter2"), database: "postgres")
        configuration.poolTimeout = .seconds(20)
        let database = Database(configuration: configuration, logger: .quiet)
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("tls") { db in try db.one("SELECT 1", as: Int.self) }
        }
        #expect(error?.code == .connectionFailed)
        #expect(listener.bytesAfterRefusal() == 0)
        await database.shutDown()
    }

    /// The server accepts connections a moment after its socket appears.
    private func eventuallyConnected<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 0..<40 {
            do {
                return try await body()
            } catch let error as PostgresError {
                guard error.code == .connectionFailed else { throw error }
            }
        }
        return try await body()
    }
}

private struct TLSServer: Sendable {
    let folder: String
    private let port: Int
    /// Open as long as this process lives; the server's guard waits for its end.
    private let lifeline = Pipe()

    init() {
        port = PlainListener().port
        let authority = "openssl req -x509 -newkey rsa:2048 -nodes -days 2"
        folder = ServerUnderTest.start(
            endingWith: lifeline,
            preparation: """
                { \(authority) -subj /CN=ours -keyout ca.key -out ca.pem
                \(authority) -subj /CN=others -keyout other.key -out other.pem
                openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
                printf 'subjectAltName=DNS:localhost' >names
                openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem
                chmod 600 server.key; } >openssl.log 2>&1
                """,
            options:
                "-c listen_addresses=localhost -c port=\(port) -c ssl=on -c ssl_cert_file=$PWD/server.pem -c ssl_key_file=$PWD/server.key")
    }

    func database(host: String, authority: String) -> Database {
        var configuration = DatabaseConfiguration(
            endpoint: .verifiedTLS(host: host, port: port, rootCertificate: folder + "/" + authority), user: "postgres",
            database: "postgres")
        configuration.poolTimeout = .seconds(20)
        return Database(configuration: configuration, logger: .quiet)
    }
}

/// A listener on a free port of the loopback address that answers libpq's request for TLS with a no, and then only counts.
private final class PlainListener: Sendable {
    let port: Int
    private let descriptor: Int32

    init() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        port = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard bind(descriptor, pointer, length) == 0, listen(descriptor, 4) == 0, getsockname(descriptor, pointer, &length) == 0
                else {
                    return 0
                }
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Int(UInt16(bigEndian: $0.pointee.sin_port)) }
            }
        }
        Thread.detachNewThread { [descriptor, counted] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                var buffer = [UInt8](repeating: 0, count: 1024)
                guard read(client, &buffer, 8) == 8, write(client, "N", 1) == 1 else { continue }
                var count = 0
                while true {
                    let more = read(client, &buffer, buffer.count)
                    if more <= 0 { break }
                    count += more
                }
                counted.put(count)
                close(client)
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// Waits for the first connection's end; what it said after the refusal.
    func bytesAfterRefusal() -> Int { counted.take() }

    private let counted = Handover()
}

/// One number at a time from one thread to another.
private final class Handover: @unchecked Sendable {
    // Proof: `value` is touched only while the condition is locked.
    private let condition = NSCondition()
    private var value: [Int] = []

    func put(_ number: Int) {
        condition.withLock {
            value.append(number)
            condition.signal()
        }
    }

    func take() -> Int {
        condition.withLock {
            while value.isEmpty { condition.wait() }
            return value.removeFirst()
        }
    }
}

extension Logger {
    fileprivate static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
