import NIOSSL

/// The certificate and key with which the TCP listener proves who it is.
package struct TLSFiles: Sendable {
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package let certificate: String
    package let key: String
    let chain: [NIOSSLCertificate]
    private let privateKey: NIOSSLPrivateKey

    /// Reads both and proves that they belong together.
    ///
    /// - Parameters:
    ///   - certificate: PEM: the listener's own certificate, then those that lead to its authority.
    ///   - key: PEM; nobody but its owner may read it.
    package init(certificate: String, key: String) throws(Fault) {
        self.certificate = certificate
        self.key = key
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(Array(try PlainFile.contents(of: certificate, limit: 1 << 20)))
        } catch let fault as PlainFile.Fault {
            throw Fault(description: "The certificate \(certificate) \(fault.reason).")
        } catch {
            throw Fault(description: "The certificate \(certificate) is not a certificate in PEM form.")
        }
        guard !chain.isEmpty else { throw Fault(description: "The certificate \(certificate) holds no certificate.") }
        do {
            let bytes = try PlainFile.contents(of: key, limit: 1 << 20, isSecret: true)
            privateKey = try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch let fault as PlainFile.Fault {
            throw Fault(description: "The key \(key) \(fault.reason).")
        } catch {
            throw Fault(description: "The key \(key) is not a private key in PEM form without a passphrase.")
        }
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw Fault(description: "The key \(key) does not belong to the certificate \(certificate).")
        }
    }

    /// TLS 1.2 and 1.3.
    var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    /// What is wrong with the certificate's time, nil when nothing is. Not a reason to stop: the Unix socket works all the same.
    ///
    /// - Parameter now: seconds since 1970.
    func warning(now: Int64) -> String? {
        let own = chain[0]
        if Int64(own.notValidBefore) > now { return "The certificate \(certificate) is not valid yet; clients will refuse it." }
        let left = Int64(own.notValidAfter) - now
        if left <= 0 { return "The certificate \(certificate) has expired; clients refuse it. Renew it and start trackd again." }
        let days = left / 86400
        return days < 14 ? "The certificate \(certificate) expires in \(days) days. Renew it and start trackd again." : nil
    }
}
