import Foundation
import Testing

@testable import TrackScorecards

@Suite("Cards in a real browser", .serialized)
struct BrowserTests {
    /// Without Chromium this fails and says what to install. TRACK_SCREENSHOTS names a folder that gets every fixture's pictures and PDF.
    @Test("every card reads well in Chromium: phone, tablet, desk, light, dark and paper, with nothing fetched and nothing cut")
    func cards() throws {
        var pages: [String: Data] = ["index": Data(try Fixtures.index.render()), "large": Data(try ScorecardPage.render(Cards.large()))]
        for (name, card) in Fixtures.cards { pages[name] = Data(try ScorecardPage.render(card)) }
        let result = try check(pages, screenshots: ProcessInfo.processInfo.environment["TRACK_SCREENSHOTS"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test("the check itself goes red: fetches, policy violations, scripts, wide pages, cut figures and cells, overlapping labels, faint text")
    func faults() throws {
        let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-x'\">"
        let faults = [
            ("fetch", "<img src=\"http://example.invalid/a.png\" alt=\"a\">", "request: the page asked for"),
            ("policy", policy + "<style>p { color: blue }</style>", "security: Applying inline style violates"),
            ("script", "<script>1</script>", "script: the page has a script element"),
            ("handler", "<p onclick=\"1\">x</p>", "script: has onclick"),
            ("console", "<script>console.log('x')</script>", "console:"),
            ("wide", "<div style=\"width: 500px\">x</div>", "overflow: page is"),
            ("figure", "<svg width=\"20\" height=\"20\"><text y=\"12\">far too long for this</text></svg>", "leaves its figure"),
            (
                "labels",
                "<svg class=\"scissors\" width=\"200\" height=\"40\"><text y=\"20\">first</text><text y=\"22\">second</text></svg>",
                "lies on"
            ),
            (
                "cell", "<table><tr><td style=\"display: block; width: 40px; white-space: nowrap\">longer than its cell</table>",
                "cell: \"longer than its cell\""
            ),
            ("faint", "<p style=\"color: #999\">faint</p>", "contrast: 2.85"),
            ("table", "<table><tr><td style=\"min-width: 900px\">x</table>", "print: table is cut"),
        ]
        let pages = Dictionary(
            uniqueKeysWithValues: faults.map { name, body, _ in
                (name, Data("<!DOCTYPE html><meta charset=\"utf-8\"><title>x</title>\(body)<p>text</p>".utf8))
            })
        let result = try check(pages, screenshots: nil)
        #expect(result.status == 1)
        for (name, _, reason) in faults {
            let lines = result.output.split(separator: "\n").filter { $0.contains("/\(name).html: ") }
            #expect(lines.contains { $0.contains(reason) }, "\(name): \(lines.joined(separator: "\n"))")
        }
    }

    private func check(_ pages: [String: Data], screenshots: String?) throws -> (status: Int32, output: String) {
        let folder = try Fixtures.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var arguments = screenshots.map { ["--screenshots", $0] } ?? []
        for (name, page) in pages.sorted(by: { $0.key < $1.key }) {
            let file = folder.appending(path: "\(name).html")
            try page.write(to: file)
            arguments.append(file.path)
        }
        let process = Process()
        let output = Pipe()
        process.executableURL = Fixtures.repository.appending(path: "scripts/browser-check")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, said)
    }
}
