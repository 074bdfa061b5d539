import FoundationEssentials
import SystemPackage
import Testing

@testable import Postgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite struct ServerLogTests {
    private static let lines = Array((1000..<9000).map { "line \($0)\n" }.joined().utf8)

    @Test("a log beyond its limit is cut to its newest whole lines, and whoever appends goes on after them")
    func cut() throws {
        let scratch = try ClusterScratch()
        let file = scratch.folder.appending("log")
        try Data(Self.lines).write(to: URL(filePath: file.string))
        let log = ServerLog(file)
        let writer = try FileDescriptor.open(file, .writeOnly, options: [.append])
        defer { try? writer.close() }
        let size = Int64(Self.lines.count)
        #expect(try log.cut(over: size, toNewest: 1000, owner: geteuid()) == false)
        #expect(FileFacts.size(of: file) == size)
        #expect(try log.cut(over: size - 1, toNewest: 1000, owner: geteuid()))
        try writer.writeAll("the next\n".utf8)
        let text = try String(contentsOf: URL(filePath: file.string), encoding: .utf8)
        #expect(text.utf8.count <= 1009 && text.hasPrefix("line ") && text.hasSuffix("\nthe next\n"))
        // Though it is shorter now than when the start began.
        #expect(log.text.hasSuffix("the next\n"))
    }

    @Test("what is not the server's own file is left alone")
    func foreign() throws {
        let scratch = try ClusterScratch()
        let file = scratch.folder.appending("file")
        try Data(Self.lines).write(to: URL(filePath: file.string))
        #expect(throws: Errno.notPermitted) { try ServerLog(file).cut(over: 1, toNewest: 1, owner: geteuid() + 1) }
        let link = scratch.folder.appending("log")
        #expect(symlink(file.string, link.string) == 0)
        #expect(throws: Errno.self) { try ServerLog(link).cut(over: 1, toNewest: 1, owner: geteuid()) }
        #expect(FileFacts.size(of: file) == Self.lines.count)
    }

    @Test("the log of a running server is kept within its limit")
    func running() async throws {
        let scratch = try await ClusterScratch.withCluster()
        let log = scratch.folder.appending("postgres/log")
        // A line has ten bytes.
        let lines = ServerLog.limit / 10 + 1
        try await scratch.shell("yes 'line 1000' | head -n \(lines) >>\(log) ; chown --reference=\(scratch.data) \(log)")
        try await scratch.run { cluster async throws in
            #expect(await eventually { FileFacts.size(of: log) < Int64(ServerLog.kept) + 65_536 })
            _ = try? await cluster.sql("SELECT 'after the cut' / 0")
        }
        let text = try String(contentsOf: URL(filePath: log.string), encoding: .utf8)
        #expect(text.contains("after the cut") && text.utf8.count < 2 * ServerLog.kept)
    }
}
