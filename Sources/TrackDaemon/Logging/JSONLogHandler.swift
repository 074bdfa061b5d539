import FoundationEssentials
package import Logging
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// One JSON object per line on standard error: `at`, `level`, `label`, `message`, then the metadata by their keys. `log.suppressed` counts
/// the lines of the same kind that were left out since the one before.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let label: String
    private let limit: LogLimit

    package init(label: String, level: Logger.Level, limit: LogLimit) {
        self.label = label
        self.limit = limit
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let message = "\(event.message)"
        guard let suppressed = limit.pass(event.level, message) else { return }
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
        if let given = event.metadata { merged.merge(given) { _, new in new } }
        if suppressed > 0 { merged["log.suppressed"] = "\(suppressed)" }
        let line = Self.line(
            at: Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)), level: event.level, label: label,
            message: message, metadata: merged)
        Self.write(line)
    }

    /// A line with its end; values are cut at 4 kB, so that no message can flood the log.
    static func line(at time: String, level: Logger.Level, label: String, message: String, metadata: Logger.Metadata) -> [UInt8] {
        var output: [UInt8] = [UInt8(ascii: "{")]
        append("at", time, to: &output, first: true)
        append("level", level.rawValue, to: &output)
        append("label", label, to: &output)
        append("message", message, to: &output)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { append(key, "\(value)", to: &output) }
        output.append(contentsOf: "}\n".utf8)
        return output
    }

    private static func append(_ key: String, _ value: String, to output: inout [UInt8], first: Bool = false) {
        if !first { output.append(UInt8(ascii: ",")) }
        quote(key, to: &output)
        output.append(UInt8(ascii: ":"))
        quote(String(value.prefix(4096)), to: &output)
    }

    private static func quote(_ text: String, to output: inout [UInt8]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(text) else { return output.append(contentsOf: "\"\"".utf8) }
        output.append(contentsOf: data)
    }

    /// One write call a line, so that lines of several threads do not mix.
    private static func write(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}
