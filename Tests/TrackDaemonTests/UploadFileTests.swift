import Foundation
import Testing
import TrackCore

@testable import TrackAPI

@Suite struct UploadFileTests {
    @Test("an upload has no name while it is under way, and its lines can be read all the same")
    func nameless() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "track-upload-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try UploadFile(folder: folder, limit: 16)
        defer { file.close() }
        try file.append(Array("one\ntwo".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect(try file.lines(limit: 8).map { try String(decoding: $0.get(), as: UTF8.self) } == ["one", "two"])
    }

    @Test("an upload ends where it grows beyond its limit")
    func limit() throws {
        let file = try UploadFile(folder: FileManager.default.temporaryDirectory.path, limit: 16)
        defer { file.close() }
        try file.append(Array(repeating: 0, count: 10))
        try file.append(Array(repeating: 0, count: 6))
        #expect(throws: Problem.self) { try file.append([0]) }
    }
}
