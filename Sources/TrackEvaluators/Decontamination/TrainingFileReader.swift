import FoundationEssentials
import Subprocess
import SystemPackage

/// Reads a file of training text piece by piece, unpacking it where it is compressed.
enum TrainingFileReader {
    private static let gzip = "/usr/bin/gzip"

    /// - Throws: ``TrainingTextError`` that names the file; what `body` throws.
    static func read(_ file: TrainingFile, _ body: (UnsafeRawBufferPointer) throws -> Void) async throws {
        guard file.isCompressed else { return try reporting(file) { _ = try FileReader.read(file.path, body) } }
        try reporting(file) { _ = try FileReader.prefix(of: file.path, count: 1) }
        guard FileManager.default.isExecutableFile(atPath: gzip) else {
            throw TrainingTextError.unreadable(file.path, reason: "it is compressed and there is no \(gzip); install gzip or unpack it")
        }
        let result = try await Subprocess.run(
            .path(FilePath(gzip)), arguments: ["-dc", "--", file.path], environment: .custom([:]), input: .none, output: .sequence,
            error: .discarded
        ) { execution in
            for try await buffer in execution.standardOutput { try buffer.withUnsafeBytes { try body($0) } }
        }
        guard result.terminationStatus.isSuccess else {
            throw TrainingTextError.unreadable(file.path, reason: "it is not valid gzip, or it ends early; copy it again")
        }
    }

    private static func reporting(_ file: TrainingFile, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch FileReadError.unreadable(let reason) {
            throw TrainingTextError.unreadable(file.path, reason: reason)
        } catch FileReadError.changing {
            throw TrainingTextError.unreadable(file.path, reason: "it changed while it was read; try again when its writer has finished")
        }
    }
}
