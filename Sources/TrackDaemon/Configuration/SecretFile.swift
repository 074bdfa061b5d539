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
        let bytes: [UInt8]
        do {
            bytes = try PlainFile.contents(of: path, limit: 4095, isSecret: true)
        } catch {
            throw Fault(description: "The secret file \(path) \(error.reason).")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let content = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        guard !content.isEmpty else { throw Fault(description: "The secret file \(path) is empty.") }
        return content
    }

    /// Puts a new secret, readable by its owner only, in the place of what is there. Whoever reads it meanwhile gets the old one or the new
    /// one, whole.
    static func replace(_ path: String, with content: String) throws(Fault) {
        let draft = path + ".new"
        _ = unlink(draft)
        do {
            let descriptor = try FileDescriptor.open(
                FilePath(draft), .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec], permissions: [.ownerReadWrite])
            try descriptor.closeAfter {
                try descriptor.writeAll(Array((content + "\n").utf8))
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard rename(draft, path) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            _ = unlink(draft)
            throw Fault(description: "The secret file \(path) cannot be written: \(error).")
        }
    }
}
