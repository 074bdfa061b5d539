/// Reads a file of training text piece by piece, unpacking it where it is compressed.
enum TrainingFileReader {
    /// - Throws: ``TrainingTextError`` that names the file; what `body` throws.
    static func read(_ file: TrainingFile, _ body: (UnsafeRawBufferPointer) throws -> Void) async throws {
        do {
            try await UnpackedFile.read(file.path, isCompressed: file.isCompressed, receive: body)
        } catch FileReadError.unreadable(let reason) {
            throw TrainingTextError.unreadable(file.path, reason: reason)
        } catch FileReadError.changing {
            throw TrainingTextError.unreadable(file.path, reason: "it changed while it was read; try again when its writer has finished")
        }
    }
}
