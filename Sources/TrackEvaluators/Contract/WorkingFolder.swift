import Glibc

/// The private, empty folder that an evaluator runs in: made anew for every process, and removed after it.
struct WorkingFolder {
    let path: String

    /// - Parameters:
    ///   - parent: a folder that the evaluator's user can reach.
    ///   - user: who shall own it; nil for this process's own user.
    static func make(in parent: String, for user: RunAs?) throws -> WorkingFolder {
        var template = Array((parent + "/evaluator-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw failure(parent) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = WorkingFolder(path: path)
        if let user, chown(path, user.uid, user.gid) != 0 {
            folder.remove()
            throw failure(parent)
        }
        return folder
    }

    func remove() { FolderRemoval.remove(path) }

    private static func failure(_ parent: String) -> EvaluatorFailure {
        EvaluatorFailure(
            .notStarted, "Cannot make a working folder for the evaluator in \(parent): \(String(cString: strerror(errno))).", retry: true)
    }
}
