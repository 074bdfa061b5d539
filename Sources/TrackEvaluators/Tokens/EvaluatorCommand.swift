import Glibc

/// Runs one command of the evaluator's program, `track_evaluator mask` for example, under guard, and hears its lines.
package enum EvaluatorCommand {
    /// - Parameters:
    ///   - arguments: after the evaluator's own; its working folder is private, and `file` lies there under its name.
    ///   - receive: hears every line; what it throws ends the program.
    /// - Throws: ``EvaluatorFailure`` when it ended with another status than 0; what `receive` throws.
    package static func run(
        _ arguments: [String], of catalog: EvaluatorCatalog, file: (name: String, content: [UInt8])? = nil, in parent: String = "/tmp",
        receive: @Sendable ([UInt8]) throws -> Void
    ) async throws {
        let folder = try WorkingFolder.make(in: parent, for: catalog.user)
        defer { folder.remove() }
        if let file { try write(file.content, to: folder.path + "/" + file.name) }
        var command = try catalog.command(named: EvaluatorCatalog.transformers, workingFolder: folder.path, noteFolder: nil)
        command.arguments += arguments
        let ended = try await GuardedProcess.run(command) { process in
            while let line = try await process.lines.next() { try receive(line) }
        }
        switch ended.status {
        case .exited(0): return
        case .exited(let code): throw EvaluatorFailure.ended(status: code, errorTail: ended.errorTail)
        case .signalled(let signal): throw EvaluatorFailure.ended(status: -signal, errorTail: ended.errorTail)
        }
    }

    /// Readable for the evaluator's user, whose folder it is.
    private static func write(_ content: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            rest = rest.dropFirst(count)
        }
        guard fchmod(descriptor, 0o644) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> EvaluatorFailure {
        EvaluatorFailure(.notStarted, "Cannot write \(path): \(String(cString: strerror(errno))).", retry: true)
    }
}

/// What a command of the evaluator says when it cannot do what it was asked.
package struct EvaluatorComplaint: Error, Hashable, Sendable, Decodable, CustomStringConvertible {
    let message: String

    package var description: String { message }
}
