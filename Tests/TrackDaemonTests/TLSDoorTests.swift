import FoundationEssentials
import Glibc
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// The TCP listener with a certificate, and our own client at the other end.
    @Suite struct TLSDoorTests {
        /// Why a client with this authority does not reach the daemon under this name; nil when it does.
        private func mistrust(_ url: String, authority: String?, token: String) async throws -> DaemonUnreachable.Reason? {
            do {
                let trusted = try authority.map { try CertificateAuthority(file: $0) }
                _ = try await DaemonClient.with(try DaemonAddress(url), token: token, authority: trusted) { try await $0.status() }
                return nil
            } catch let error as DaemonUnreachable {
                return error.reason
            }
        }

        @Test("a daemon with a certificate is reached by who trusts its authority, under the names of the certificate, and by nobody else")
        func verified() async throws {
            let made = try Certificates(in: try Site.here.root + "/tls")
            try made.authority("ca")
            try made.authority("other")
            try made.certificate("daemon", by: "ca", for: "DNS:localhost")
            let daemon = try await Site.here.daemon(
                "tls-daemon",
                environment: [
                    "TRACK_HTTP_TLS_CERTIFICATE": made.path("daemon.pem"), "TRACK_HTTP_TLS_KEY": made.path("daemon.key"),
                    "TRACK_HTTP_ADDRESS": "0.0.0.0", "TRACK_HTTP_HEAD_TIMEOUT": "2",
                ])
            #expect(daemon.address.hasPrefix("https://0.0.0.0:"))
            let port = try #require(daemon.address.split(separator: ":").last)
            let token = try #require(try ClientToken.read(file: daemon.folder.adminToken))
            let name = "https://localhost:\(port)"
            #expect(try await mistrust(name, authority: made.path("ca.pem"), token: token) == nil)
            #expect(try await mistrust(name, authority: made.path("other.pem"), token: token) == .notTrusted(.authority))
            #expect(try await mistrust(name, authority: nil, token: token) == .notTrusted(.authority))
            #expect(try await mistrust("https://127.0.0.1:\(port)", authority: made.path("ca.pem"), token: token) == .notTrusted(.name))

            // In clear text nobody gets a word out of it, and a version that is not safe is no handshake.
            await #expect(throws: (any Error).self) { try await RawHTTP.ask("http://127.0.0.1:\(port)", "GET /health") }
            for (version, works) in [("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)] {
                let program = try Program(
                    "/bin/sh",
                    [
                        "-c",
                        "printf 'GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | "
                            + "openssl s_client -quiet -no_ign_eof -cipher ALL:@SECLEVEL=0 \(version) -connect 127.0.0.1:\(port) "
                            + "-servername localhost -CAfile \(made.path("ca.pem"))",
                    ], environment: ["PATH": "/usr/bin:/bin"], log: made.path("s_client\(version).log"))
                let status = try await program.ended()
                #expect((status == 0) == works, "\(version): \(program.errors)")
            }
            try await daemon.stop()
        }

        @Test("a certificate whose time is over is named by the daemon and refused by the client")
        func expired() async throws {
            let made = try Certificates(in: try Site.here.root + "/tls-old")
            try made.authority("ca")
            try made.certificate("old", by: "ca", for: "DNS:localhost", days: -1)
            let daemon = try await Site.here.daemon(
                "tls-expired",
                environment: ["TRACK_HTTP_TLS_CERTIFICATE": made.path("old.pem"), "TRACK_HTTP_TLS_KEY": made.path("old.key")])
            #expect(daemon.program.errors.contains("has expired"))
            let port = try #require(daemon.address.split(separator: ":").last)
            let reason = try await mistrust("https://localhost:\(port)", authority: made.path("ca.pem"), token: "t")
            #expect(reason == .notTrusted(.authority))
            #expect(try await RawHTTP.ask(daemon.folder.socket, "GET /health").status == 200)
            try await daemon.stop()
        }
    }
}
