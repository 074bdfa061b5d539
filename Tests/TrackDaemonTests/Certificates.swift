import FoundationEssentials
import Glibc
import Testing

/// Certificates made by openssl, as an administrator makes them: an authority, and what it signs.
struct Certificates {
    let folder: String

    init(in folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    func path(_ name: String) -> String { folder + "/" + name }

    /// An authority `NAME.pem` with its key `NAME.key`.
    func authority(_ name: String) throws {
        try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
            "-keyout", path(name + ".key"), "-out", path(name + ".pem"),
        ])
        chmod(path(name + ".key"), 0o600)
    }

    /// A certificate `NAME.pem` with its key `NAME.key`.
    ///
    /// - Parameters:
    ///   - names: as in openssl's subjectAltName: `DNS:localhost,IP:127.0.0.1`.
    ///   - days: how long it is valid; negative for one whose time is over.
    func certificate(_ name: String, by authority: String, for names: String, days: Int = 2) throws {
        try Data("subjectAltName=\(names)".utf8).write(to: URL(filePath: path(name + ".ext")))
        try openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)", "-keyout",
            path(name + ".key"), "-out", path(name + ".csr"),
        ])
        try openssl([
            "x509", "-req", "-in", path(name + ".csr"), "-CA", path(authority + ".pem"), "-CAkey", path(authority + ".key"),
            "-CAcreateserial",
            "-days", "\(days)", "-extfile", path(name + ".ext"), "-out", path(name + ".pem"),
        ])
        chmod(path(name + ".key"), 0o600)
    }

    private func openssl(_ arguments: [String]) throws {
        let program = try Program("/usr/bin/openssl", arguments, environment: ["HOME": folder], log: folder + "/openssl.log")
        var status: Int32 = 0
        waitpid(program.pid, &status, 0)
        #expect(status == 0, "openssl \(arguments.joined(separator: " ")): \(program.errors)")
    }
}
