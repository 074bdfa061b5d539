import NIOSSL

/// Who must have signed the certificate of a daemon over https, when it is not one of the authorities that the system trusts.
package struct CertificateAuthority: Sendable {
    let certificates: [NIOSSLCertificate]

    /// What `TRACK_CA_FILE` names; nil without it.
    package static func read(environment: [String: String]) throws(ClientConfigurationError) -> CertificateAuthority? {
        guard let file = environment["TRACK_CA_FILE"], !file.isEmpty else { return nil }
        return try CertificateAuthority(file: file)
    }

    /// - Parameter file: one or more certificates in PEM form.
    package init(file: String) throws(ClientConfigurationError) {
        let contents: SmallFile.Contents?
        do {
            contents = try SmallFile.contents(of: file, limit: 1 << 20)
        } catch {
            throw ClientConfigurationError("The file of certificates \(file) cannot be read: \(error.reason).")
        }
        guard let contents else {
            throw ClientConfigurationError("There is no file of certificates \(file): set TRACK_CA_FILE to a file that exists.")
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(contents.bytes), !certificates.isEmpty else {
            throw ClientConfigurationError("The file \(file) of TRACK_CA_FILE holds no certificate in PEM form.")
        }
        self.certificates = certificates
    }
}

extension TLSConfiguration {
    /// TLS 1.2 or newer, with the daemon's name and certificate verified, always.
    ///
    /// - Parameter authority: nil for those that the system trusts.
    static func verifying(by authority: CertificateAuthority?) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authority { configuration.trustRoots = .certificates(authority.certificates) }
        return configuration
    }
}
