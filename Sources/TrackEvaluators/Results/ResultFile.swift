import FoundationEssentials
import Subprocess
import SystemPackage
import TrackCore

/// A file of results with its content, unpacked where its name ends in `.gz`.
struct ResultFile {
    let path: String
    let content: [UInt8]
    let modified: Timestamp

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    /// The folder with its slash, or nothing.
    var folder: String { String(path.dropLast(name.count)) }

    /// - Throws: ``ResultFileError``
    init(reading path: String, limit: Int64) async throws {
        do {
            var content: [UInt8] = []
            let stamp = try FileReader.read(path) { piece in
                guard Int64(content.count + piece.count) <= limit else { throw FileReadError.tooLarge(limit: limit) }
                content.append(contentsOf: piece)
            }
            self.path = path
            self.content = try await path.hasSuffix(".gz") ? ResultFile.unpacked(path, limit: limit) : content
            modified = Timestamp(milliseconds: stamp.modified / 1_000_000)
        } catch let error as FileReadError {
            throw ResultFileError.unreadable(file: path, reason: error.words)
        }
    }

    private static func unpacked(_ path: String, limit: Int64) async throws -> [UInt8] {
        guard FileManager.default.isExecutableFile(atPath: DomainFileReader.gzip) else {
            throw ResultFileError.unreadable(
                file: path, reason: "it is compressed and there is no \(DomainFileReader.gzip); unpack the file")
        }
        let result = try await Subprocess.run(
            .path(FilePath(DomainFileReader.gzip)), arguments: ["-dc", "--", path], environment: .custom([:]), input: .none,
            output: .sequence, error: .string(limit: 4096)
        ) { execution in
            var content: [UInt8] = []
            for try await buffer in execution.standardOutput {
                buffer.withUnsafeBytes { content.append(contentsOf: $0) }
                guard Int64(content.count) <= limit else { throw FileReadError.tooLarge(limit: limit) }
            }
            return content
        }
        guard result.terminationStatus.isSuccess else {
            throw ResultFileError.unreadable(file: path, reason: "it is not valid gzip, or it ends early; copy it again")
        }
        return result.closureResult
    }

    // MARK: JSON

    /// The whole file as one JSON value.
    func tree() throws(ResultFileError) -> JSONTree {
        do throws(Fault) {
            return try ResultFile.tree(content[...])
        } catch {
            throw .form(file: path, reason: "is not readable as JSON: \(error.field) \(error.reason)")
        }
    }

    /// A JSON value a line, or the elements of the one list that the file is; with the place of each.
    func trees() -> [(place: String, tree: Result<JSONTree, Fault>)] {
        if content.first(where: { $0 > 0x20 }) == UInt8(ascii: "["), let elements = try? ResultFile.tree(content[...]).elements {
            return elements.enumerated().map { ("\(path), element \($0.offset + 1)", .success($0.element)) }
        }
        return content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            guard line.contains(where: { $0 > 0x20 }) else { return nil }
            do throws(Fault) {
                return ("\(path):\(index + 1)", .success(try ResultFile.tree(line)))
            } catch {
                return ("\(path):\(index + 1)", .failure(error))
            }
        }
    }

    private static func tree(_ text: ArraySlice<UInt8>) throws(Fault) -> JSONTree {
        do {
            return try PythonJSON.quoted(text).withUnsafeBytes { try JSONTree(json: $0) }
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(field: "", reason: String(describing: error))
        }
    }
}

extension FileReadError {
    var words: String {
        switch self {
        case .unreadable(let reason): reason
        case .tooLarge(let limit): "it has more than \(limit >> 20) MiB"
        case .changing: "it changed while it was read; try again when its writer has finished"
        }
    }
}
