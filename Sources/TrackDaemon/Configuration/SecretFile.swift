import SystemPackage
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Files whose content nobody else may read.
enum SecretFile {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// The content without white space at its end.
    static func read(_ path: String) throws(Fault) -> String {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
        } catch {
            throw Fault(description: "The secret file \(path) cannot be opened: \(error).")
        }
        defer { try? descriptor.close() }
        var facts = stat()
        guard fstat(descriptor.rawValue, &facts) == 0, facts.st_mode & 0o077 == 0 else {
            throw Fault(description: "The secret file \(path) can be read by others. Make it private: chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        guard let count = try? bytes.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0, count < 4096 else {
            throw Fault(description: "The secret file \(path) is empty or too long.")
        }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        let content = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard !content.isEmpty else { throw Fault(description: "The secret file \(path) is empty.") }
        return content
    }

    /// Writes a new secret, readable by its owner only; a file that is there is left alone.
    static func createIfMissing(_ path: String, content: () -> String) throws(Fault) {
        do {
            let descriptor = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec], permissions: [.ownerReadWrite])
            defer { try? descriptor.close() }
            try descriptor.writeAll(Array((content() + "\n").utf8))
        } catch Errno.fileExists {
            return
        } catch {
            throw Fault(description: "The secret file \(path) cannot be written: \(error).")
        }
    }
}
