import FoundationEssentials
import TrackCore

/// What is held of a file of results at one time. The file itself may be of any size.
package struct ResultLimits: Hashable, Sendable {
    /// Bytes of a JSON value, be it a whole file or a line of one: as much as the daemon takes of a run. Its tree is several times as large.
    package var value = WireLimits.run
    /// Bytes of a record of a csv.
    package var record = 1 << 20

    package init() {}
}

/// A line of a file of results, or an element of the list that it is. Many are kept, and told of only a few.
struct ResultPlace: Sendable, CustomStringConvertible {
    let path: String
    /// From 1.
    let number: Int
    let isElement: Bool

    var description: String { isElement ? "\(path), element \(number)" : "\(path):\(number)" }
}

/// A file of results, unpacked where its name ends in `.gz`, and read piece by piece.
struct ResultFile: Sendable {
    let path: String
    let modified: Timestamp
    let limits: ResultLimits
    private let advanced: @Sendable (Int64) -> Void

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    /// The folder with its slash, or nothing.
    var folder: String { String(path.dropLast(name.count)) }

    /// - Parameter advanced: hears how many more of the file's bytes were read, compressed as they are.
    /// - Throws: ``ResultFileError``
    init(at path: String, limits: ResultLimits, advanced: @escaping @Sendable (Int64) -> Void = { _ in }) throws {
        do {
            modified = Timestamp(milliseconds: try FileReader.stamp(of: path).modified / 1_000_000)
        } catch let error as FileReadError {
            throw ResultFileError.unreadable(file: path, reason: error.words)
        }
        self.path = path
        self.limits = limits
        self.advanced = advanced
    }

    /// - Throws: ``ResultFileError``; what `receive` throws.
    func read(_ receive: (UnsafeRawBufferPointer) throws -> Void) async throws {
        do {
            try await UnpackedFile.read(path, isCompressed: path.hasSuffix(".gz"), advanced: advanced, receive: receive)
        } catch let error as FileReadError {
            throw ResultFileError.unreadable(file: path, reason: error.words)
        }
    }

    /// Calls `visit` with every line that is more than white space, and its number.
    func eachLine(_ visit: (_ number: Int, _ line: Result<[UInt8], Fault>) throws -> Void) async throws {
        var lines = NumberedLines(limit: Int64(limits.value))
        func visitReady() throws {
            for line in lines.take() {
                switch line.content {
                case .whole(let bytes):
                    if bytes.contains(where: { $0 > 0x20 }) { try visit(line.number, .success(bytes)) }
                case .tooLong:
                    let reason = "has more than \(limits.value >> 20) MiB, the limit of a line"
                    try visit(line.number, .failure(Fault(field: "", reason: reason)))
                }
            }
        }
        try await read { piece in
            lines.append(piece)
            try visitReady()
        }
        lines.finish()
        try visitReady()
    }

    /// The whole file, for what is one value.
    ///
    /// - Throws: ``ResultFileError`` for more than the limit of a value.
    func whole() async throws -> [UInt8] {
        var content: [UInt8] = []
        try await read { piece in
            guard content.count + piece.count <= limits.value else {
                throw ResultFileError.unreadable(
                    file: path,
                    reason: "it is one JSON value, and no value a line, of more than \(limits.value >> 20) MiB, which would have to be held "
                        + "in memory; split it, or write one value a line")
            }
            content.append(contentsOf: piece)
        }
        return content
    }

    // MARK: JSON

    /// The whole file as one JSON value.
    func tree() async throws -> JSONTree {
        do {
            return try ResultFile.tree(try await whole()[...])
        } catch let fault as Fault {
            throw ResultFileError.form(file: path, reason: "is not readable as JSON: \(fault.field) \(fault.reason)")
        }
    }

    /// Calls `visit` with a JSON value a line, or with the elements of the one list that the file is; and with the place of each.
    func eachTree(_ visit: (_ place: ResultPlace, _ tree: Result<JSONTree, Fault>) throws -> Void) async throws {
        var isFirst = true
        do {
            try await eachLine { number, line in
                if isFirst, case .success(let bytes) = line, bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "[") { throw OneList() }
                isFirst = false
                try visit(
                    ResultPlace(path: path, number: number, isElement: false),
                    line.flatMap { bytes in Result { () throws(Fault) in try ResultFile.tree(bytes[...]) } })
            }
        } catch is OneList {
            guard let elements = try await tree().elements else { return }
            for (index, element) in elements.enumerated() {
                try visit(ResultPlace(path: path, number: index + 1, isElement: true), .success(element))
            }
        }
    }

    private struct OneList: Error {}

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
