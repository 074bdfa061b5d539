import ArgumentParser
import FoundationEssentials

/// Sends one request after another on every connection and says how long the answers took.
///
/// One thread and poll(2) drive all connections, and every body is made beforehand, so that the generator takes little of a machine that it
/// shares with the server under test; what it takes is in its output.
@main
struct Generator: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send prepared requests and print throughput and latencies as JSON: POST the --bodies, or GET the --targets.")

    @Option(help: "The Unix socket of the server.")
    var socket: String?

    @Option(help: "The port of the server on 127.0.0.1; used without --socket.")
    var port: UInt16?

    @Option(help: "The path that the bodies are posted to.")
    var path: String?

    @Option(help: "A file with one body a line, used in turn; the marker @ID@ in it becomes the record's id.")
    var bodies: String?

    @Option(help: "A file with one id a line, each used once. (default: a new UUIDv7 for every body)")
    var ids: String?

    @Option(help: "Post this many bodies in one request, one a line. (default: one body, and no line)")
    var lines: Int?

    @Option(help: "A file with one path and query a line, read in turn.")
    var targets: String?

    @Option(help: "What the answer must hold to count, beside status 200; with --lines as many times as there are lines.")
    var expect: String = ""

    @Option(help: "Connections, each with one request on its way at a time.")
    var clients: Int = 1

    @Option(help: "How long to send, in seconds.")
    var seconds: Double = 10

    @Option(help: "Stop after this many requests, if the time is not over before.")
    var requests: Int?

    func validate() throws {
        guard (socket == nil) != (port == nil) else { throw ValidationError("Give --socket or --port.") }
        guard (bodies == nil) != (targets == nil) else { throw ValidationError("Give --bodies or --targets.") }
        guard (bodies == nil) == (path == nil) else { throw ValidationError("--bodies needs a --path.") }
        guard clients >= 1, seconds > 0, (lines ?? 1) >= 1 else { throw ValidationError("--clients, --seconds and --lines must be positive.") }
    }

    func run() throws {
        let address: ServerAddress = if let port { .loopback(port) } else { .unix(socket ?? "") }
        var source = try source()
        let load = Load(address: address, clients: clients, duration: .seconds(seconds), requests: requests ?? .max, expected: expect)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        print(String(decoding: try encoder.encode(try load.run(from: &source)), as: UTF8.self))
    }

    private func source() throws -> RequestSource {
        if let targets { return try RequestSource(getting: try Self.lines(of: targets)) }
        return try RequestSource(
            posting: try Self.lines(of: bodies ?? ""), to: path ?? "", lines: lines, ids: try ids.map(Self.lines(of:)))
    }

    private static func lines(of path: String) throws -> [[UInt8]] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { throw LoadError("The file \(path) cannot be read.") }
        return data.split(separator: UInt8(ascii: "\n")).map { [UInt8]($0) }
    }
}
