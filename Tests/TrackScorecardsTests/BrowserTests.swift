import Foundation
import Testing

@testable import TrackScorecards

@Suite("Cards in a real browser")
struct BrowserTests {
    /// TRACK_SCREENSHOTS names a folder that gets a picture of every fixture in every form.
    @Test("every card reads well in Chromium: phone, tablet, desk, light, dark and paper, with nothing fetched and nothing cut")
    func chromium() throws {
        let folder = try Fixtures.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var files: [String] = []
        for (name, card) in Fixtures.cards + [("large", Cards.large())] {
            let file = folder.appending(path: "\(name).html")
            try Data(ScorecardPage.render(card)).write(to: file)
            files.append(file.path)
        }
        let index = folder.appending(path: "index.html")
        try Data(Fixtures.index.render()).write(to: index)
        files.append(index.path)

        let process = Process()
        let output = Pipe()
        process.executableURL = Fixtures.repository.appending(path: "scripts/browser-check")
        let pictures = ProcessInfo.processInfo.environment["TRACK_SCREENSHOTS"].map { ["--screenshots", $0] } ?? []
        process.arguments = pictures + files
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(said)")
    }
}
