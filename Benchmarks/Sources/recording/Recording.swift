import ArgumentParser
import FoundationEssentials

/// Sends one POST after another on every connection and says how long the answers took.
///
/// One thread and poll(2) drive all connections, and every body is made beforehand, so that the generator takes little of a machine that it
/// shares with the server under test; what it takes is in its output.
@main
struct Recording: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Post prepared bodies, each with an id of its own, and print throughput and latencies as JSON.")

    @Option(help: "The Unix socket of the server.")
    var socket: String?

    @Option(help: "The port of the server on 127.0.0.1; used without --socket.")
    var port: UInt16?

    @Option(help: "The path of the request.")
    var path: String

    @Option(help: "A file with one body a line; the marker @ID@ in it becomes the request's id.")
    var bodies: String

    @Option(help: "A file with one id a line, each used once. (default: a new UUIDv7 for every request)")
    var ids: String?

    @Option(help: "A text that the answer must hold to count as a success, beside status 200.")
    var expect: String = ""

    @Option(help: "Connections, each with one request on its way at a time.")
    var clients: Int = 1

    @Option(help: "How long to send, in seconds.")
    var seconds: Double = 10

    func validate() throws {
        guard (socket == nil) != (port == nil) else { throw ValidationError("Give --socket or --port.") }
        guard clients >= 1, seconds > 0 else { throw ValidationError("--clients and --seconds must be positive.") }
    }

    func run() throws {
        let address: ServerAddress = if let port { .loopback(port) } else { .unix(socket ?? "") }
        var source = try RequestSource(path: path, bodies: try Self.lines(of: bodies), ids: try ids.map(Self.lines(of:)))
        let load = Load(address: address, clients: clients, duration: .seconds(seconds), expected: expect)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        print(String(decoding: try encoder.encode(try load.run(from: &source)), as: UTF8.self))
    }

    private static func lines(of path: String) throws -> [[UInt8]] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { throw LoadError("The file \(path) cannot be read.") }
        return data.split(separator: UInt8(ascii: "\n")).map { [UInt8]($0) }
    }
}
