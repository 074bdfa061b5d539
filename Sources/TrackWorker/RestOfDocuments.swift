import FoundationEssentials
import Glibc
import TrackCore
import TrackEvaluators

/// The documents of the domains that an interrupted evaluation has left, as a file of their own: evaluators read a request's file whole.
struct RestOfDocuments: Sendable {
    let folder: WorkerFolder

    /// One evaluation at a time, so one name.
    private var path: String { folder.documents + "/rest.jsonl" }

    /// - Parameters:
    ///   - rest: in the order of `all`.
    ///   - file: the documents of all domains, a line each in that order.
    func write(_ rest: [EvaluationRequest.Domain], of all: [EvaluationRequest.Domain], from file: String) throws -> String {
        let wanted = Set(rest.map(\.index))
        let bytes = try Data(contentsOf: URL(filePath: file), options: .mappedIfSafe)
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, folder.group == nil ? 0o600 : 0o640)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        if let group = folder.group, fchown(descriptor, geteuid(), group) != 0 || fchmod(descriptor, 0o640) != 0 { throw failure() }
        var position = bytes.startIndex
        for domain in all {
            let start = position
            for _ in 0..<domain.documents {
                guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
                    throw Problem(.internal, "The documents in \(file) end before those of \(domain.name). Remove it; it is fetched again.")
                }
                position = end + 1
            }
            if wanted.contains(domain.index) { try write(bytes[start..<position], to: descriptor) }
        }
        return path
    }

    func remove() { unlink(path) }

    private func write(_ bytes: Data, to descriptor: Int32) throws {
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure() }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    private func failure() -> Problem {
        Problem(.unavailable, "Cannot write \(path): \(String(cString: strerror(errno))). Make room or correct its permissions.")
    }
}
