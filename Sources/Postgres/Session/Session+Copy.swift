import CLibPQ

extension Session {
    /// Sends rows to `COPY … FROM STDIN`, the fastest way in. The statement chooses the format: text, or `(FORMAT binary)`.
    /// ```swift
    /// try db.copyIn("COPY point (id, value) FROM STDIN (FORMAT binary)") { copy in
    ///     for point in points { try copy.row(point.id, point.value) }
    /// }
    /// ```
    /// When the body throws, nothing is copied. The body must not use the session.
    ///
    /// - Returns: the number of rows.
    @discardableResult
    public func copyIn(_ statement: SQL, _ body: (inout CopyWriter) throws -> Void) throws -> Int {
        let answer = try noting { () throws(PostgresError) in
            try wire.send(statement, format: .text)
            guard let answer = try wire.next() else { throw wire.failure(.misuse, "The statement is empty.") }
            guard answer.status == PGRES_COPY_IN else {
                let isError = answer.status == PGRES_FATAL_ERROR
                try wire.finish(firstError: isError ? answer.error(statement: wire.unit.name) : nil)
                throw PostgresError(.misuse, "The statement is not COPY … FROM STDIN.", statement: wire.unit.name)
            }
            return answer
        }
        var writer = CopyWriter(wire: wire, isBinary: answer.isBinaryCopy, columnCount: answer.columnCount)
        do {
            try body(&writer)
            try writer.end()
        } catch {
            // The server answers to this with an error that says no more than the one at hand.
            if !wire.isBroken { _ = try? wire.endCopy(refusing: "the client gave up") }
            throw error
        }
        return try noting { () throws(PostgresError) in try wire.endCopy(refusing: nil) }
    }
}

extension Wire {
    /// Adds to the data of a COPY and waits while the server is slower than we are.
    func putCopyData(_ bytes: [UInt8]) throws(PostgresError) {
        while true {
            let sent = unsafe bytes.withUnsafeBytes { buffer in
                unsafe PQputCopyData(handle, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
            }
            switch sent {
            case 1: return try flush()
            case 0: try wait(for: .writable)
            default: throw lost()
            }
        }
    }

    /// - Returns: the number of rows copied.
    func endCopy(refusing reason: String?) throws(PostgresError) -> Int {
        while true {
            switch unsafe PQputCopyEnd(handle, reason) {
            case 1:
                try flush()
                return try finish()?.affectedRows ?? 0
            case 0: try wait(for: .writable)
            default: throw lost()
            }
        }
    }
}
