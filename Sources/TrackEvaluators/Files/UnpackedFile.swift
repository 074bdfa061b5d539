import FoundationEssentials
import Subprocess
import SystemPackage

/// The content of a regular file, unpacked where it is compressed, piece by piece: of any size, a piece in memory.
enum UnpackedFile {
    /// Where gzip lies on every Debian and macOS.
    private static let gzip = "/usr/bin/gzip"

    /// - Parameters:
    ///   - advanced: hears how many more of the file's own bytes were read, compressed as they are.
    ///   - receive: gets the pieces in their order, each valid until it returns.
    ///   - between: does what may wait, after every piece.
    /// - Throws: ``FileReadError``; what `receive` and `between` throw.
    @discardableResult
    static func read(
        _ path: String, isCompressed: Bool, advanced: (Int64) -> Void = { _ in }, receive: (UnsafeRawBufferPointer) throws -> Void,
        between: () async throws -> Void = {}
    ) async throws -> FileStamp {
        let file = try FilePieces(path)
        guard isCompressed else {
            while let piece = try file.next() {
                try receive(piece)
                advanced(Int64(piece.count))
                try await between()
            }
            return file.stamp
        }
        guard FileManager.default.isExecutableFile(atPath: gzip) else {
            throw FileReadError.unreadable(reason: "it is compressed and there is no \(gzip); install gzip or unpack the file")
        }
        // gzip reads from our descriptor, whose place in the file then tells how far it has come.
        let result = try await Subprocess.run(
            .path(FilePath(gzip)), arguments: ["-dc"], environment: .custom([:]),
            input: .fileDescriptor(file.descriptor, closeAfterSpawningProcess: false), output: .sequence, error: .discarded
        ) { execution in
            var before: Int64 = 0
            for try await buffer in execution.standardOutput {
                try buffer.withUnsafeBytes(receive)
                let place = try file.place
                advanced(place - before)
                before = place
                try await between()
            }
            advanced(file.stamp.size - before)
        }
        // 2 is a warning: bytes that are no gzip follow behind the end.
        guard result.terminationStatus.isSuccess || result.terminationStatus == .exited(2) else {
            throw FileReadError.unreadable(reason: "it is not valid gzip, or it ends early; copy it again")
        }
        try file.requireUnchanged()
        return file.stamp
    }
}
