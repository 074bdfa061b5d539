import Dispatch
import Foundation
import Synchronization
import Testing
import TrackCore

@testable import TrackReview
@testable import TrackScorecards

@Suite("Publishing")
struct PublisherTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = try Fixtures.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test("page and twin lie under slug and number, with the digests of their bytes, and nothing else stays")
    func publish() throws {
        try withFolder { folder in
            let publisher = ScorecardPublisher(folder: folder.path)
            let published = try publisher.publish(Cards.diverged(), lineageID: 7)
            #expect(published.htmlPath == folder.path + "/legal-tune-7/2026-W47.html")
            #expect(published.jsonPath == folder.path + "/legal-tune-7/2026-W47.json")
            #expect(Digest(of: try Data(contentsOf: URL(filePath: published.htmlPath))) == published.htmlDigest)
            #expect(Digest(of: try Data(contentsOf: URL(filePath: published.jsonPath))) == published.jsonDigest)
            #expect(try publisher.publish(Cards.diverged(), lineageID: 7) == published)
            try publisher.publish(Fixtures.index)
            let left = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
            #expect(left == ["index.html", "legal-tune-7", "legal-tune-7/2026-W47.html", "legal-tune-7/2026-W47.json"])
        }
    }

    @Test("no lineage name leaves its folder", arguments: Cards.hostileNames + ["..", "/", "", "../../../etc/passwd", ".hidden", "a/b"])
    func hostileName(name: String) throws {
        let path = try #require(CardPath(lineage: name, id: 3, week: "2026-W47"))
        #expect(Name.isValid(path.folder) && path.folder.hasSuffix("-3"))
        #expect(path.folder.utf8.count <= 160)
        try withFolder { folder in
            var card = Cards.empty()
            card.lineage = name
            let published = try ScorecardPublisher(folder: folder.path).publish(card, lineageID: 3)
            let real = URL(filePath: published.htmlPath).resolvingSymlinksInPath().path
            #expect(real.hasPrefix(folder.resolvingSymlinksInPath().path + "/"))
        }
    }

    @Test(
        "only an ISO week becomes a file name",
        arguments: ["", "2026-47", "../2026-W47", "2026-W00", "2026-W54", "2026-W4", "2026-W47/..", "２０２６-W47"])
    func week(week: String) throws {
        try withFolder { folder in
            var card = Cards.empty()
            card.week = week
            #expect(throws: Problem.self) { try ScorecardPublisher(folder: folder.path).publish(card, lineageID: 1) }
            let left = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            #expect(left.isEmpty)
        }
    }

    @Test("no link leads a card, or whoever reads one, out of the folder")
    func links() throws {
        try withFolder { folder in
            let publisher = ScorecardPublisher(folder: folder.path + "/cards")
            let elsewhere = folder.path + "/elsewhere"
            let files = FileManager.default
            for path in [elsewhere, publisher.folder] { try files.createDirectory(atPath: path, withIntermediateDirectories: false) }
            try Data("secret".utf8).write(to: URL(filePath: elsewhere + "/2026-W47.html"))
            try files.createSymbolicLink(atPath: publisher.folder + "/legal-tune-7", withDestinationPath: elsewhere)
            #expect(throws: Problem.self) { try publisher.publish(Cards.diverged(), lineageID: 7) }
            #expect(throws: Problem.self) { try publisher.contents(of: publisher.folder + "/legal-tune-7/2026-W47.html") }
            #expect(try files.contentsOfDirectory(atPath: elsewhere) == ["2026-W47.html"])

            let published = try publisher.publish(Cards.diverged(), lineageID: 8)
            let bytes = try publisher.contents(of: published.htmlPath)
            #expect(Digest(of: bytes) == published.htmlDigest)
            try files.removeItem(atPath: published.htmlPath)
            try files.createSymbolicLink(atPath: published.htmlPath, withDestinationPath: elsewhere + "/2026-W47.html")
            #expect(throws: Problem.self) { try publisher.contents(of: published.htmlPath) }
            // A link in the place of a card is replaced, not followed.
            _ = try publisher.publish(Cards.diverged(), lineageID: 8)
            #expect(try publisher.contents(of: published.htmlPath) == bytes)
            #expect(try Data(contentsOf: URL(filePath: elsewhere + "/2026-W47.html")) == Data("secret".utf8))
        }
    }

    @Test(
        "nothing but a card below the folder is read",
        arguments: [
            "/etc/passwd", "/../secret.html", "/a/../../secret.html", "/a/b/c.html", "/a", "//etc.html", "/a\0/b.html", "/a/b.html\0", "/./x.html",
            "/a/.html/..", "/a%2fb.html", "\\a\\b.html", "/index.html",
        ])
    func readable(_ path: String) throws {
        try withFolder { folder in
            try Data("secret".utf8).write(to: folder.appending(path: "secret.html"))
            let cards = folder.path + "/cards"
            try FileManager.default.createDirectory(atPath: cards, withIntermediateDirectories: false)
            try Data("index".utf8).write(to: URL(filePath: cards + "/index.html"))
            #expect(throws: Problem.self) { try ScorecardPublisher(folder: cards).contents(of: path) }
            #expect(throws: Problem.self) { try ScorecardPublisher(folder: cards).contents(of: cards + path) }
        }
    }

    @Test("a reader who opens the page during many publications sees one whole card or the other")
    func atomic() throws {
        try withFolder { folder in
            let publisher = ScorecardPublisher(folder: folder.path)
            var cards = [Cards.diverged(), Cards.unchanged()]
            for index in cards.indices { cards[index].lineage = "one" }
            let pages = Set(try cards.map { Data(try ScorecardPage.render($0)) })
            let twins = Set(try cards.map { Data(try ScorecardTwin.render($0)) })
            let first = try publisher.publish(cards[0], lineageID: 1)
            // Threads of their own: tasks would wait for each other where there are few cores.
            let isDone = Mutex(false)
            let failures = Mutex<[String]>([])
            let both = cards
            let writers = DispatchGroup()
            for writer in 0..<2 {
                DispatchQueue(label: "writer \(writer)").async(group: writers) {
                    var turn = writer
                    while !isDone.withLock({ $0 }) {
                        do { _ = try publisher.publish(both[turn % 2], lineageID: 1) } catch { failures.withLock { $0.append("\(error)") } }
                        turn += 1
                    }
                }
            }
            defer {
                isDone.withLock { $0 = true }
                writers.wait()
            }
            for _ in 0..<400 {
                let page = try Data(contentsOf: URL(filePath: first.htmlPath))
                let twin = try Data(contentsOf: URL(filePath: first.jsonPath))
                try #require(pages.contains(page) && twins.contains(twin), "a reader saw \(page.count) and \(twin.count) bytes")
            }
            isDone.withLock { $0 = true }
            writers.wait()
            #expect(failures.withLock { $0 } == [])
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/one-1").sorted()
            #expect(left == ["2026-W47.html", "2026-W47.json"])
        }
    }

    @Test(
        "a page that finds no room on the disk leaves the old one",
        .enabled("mounting a small disk needs root", { geteuid() == 0 }))
    func failedWriting() throws {
        try withFolder { folder in
            guard mount("tmpfs", folder.path, "tmpfs", 0, "size=256k,mode=700") == 0 else {
                // A container may be root without being allowed to mount.
                let code = errno
                withKnownIssue("a full disk was not tested: mounting is refused (\(code))") { Issue.record("not mounted") }
                return
            }
            defer { umount2(folder.path, Int32(MNT_DETACH)) }
            let old = Array("the old page".utf8)
            let open = try OpenFolder(folder.path)
            try AtomicFile.write(old, named: "card.html", in: open)
            let problem = #expect(throws: Problem.self) {
                try AtomicFile.write([UInt8](repeating: 0, count: 1 << 20), named: "card.html", in: open)
            }
            #expect(problem?.detail.contains("No space left") == true, "\(problem?.detail ?? "")")
            #expect(try AtomicFile.read("card.html", in: open) == old)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["card.html"])
        }
    }

    @Test("when the file cannot be replaced, the old one stays, no temporary file is left, and the error says what and where")
    func refused() throws {
        try withFolder { folder in
            // A folder in the file's place: rename refuses, for every user.
            try FileManager.default.createDirectory(at: folder.appending(path: "index.html/keep"), withIntermediateDirectories: true)
            let error = #expect(throws: Problem.self) { try ScorecardPublisher(folder: folder.path).publish(Fixtures.index) }
            #expect(error?.detail.contains(folder.path + "/index.html") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["index.html"])
            let missing = ScorecardPublisher(folder: folder.path + "/missing")
            #expect(throws: Problem.self) { try missing.publish(Cards.empty(), lineageID: 1) }
        }
    }
}
