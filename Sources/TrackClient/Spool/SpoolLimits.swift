import FoundationEssentials
import TrackCore

/// How much a spool may hold.
package struct SpoolLimits: Hashable, Sendable, Codable {
    /// Of all records that are not delivered: those that wait and those in quarantine.
    package var bytes: Int64 = 4 << 30
    package var files: Int64 = 10_000
    /// Of the copies of delivered records.
    package var sentBytes: Int64 = 1 << 30
    package var sentDays: Int64 = 7
    /// Of the file that is given up when the disk is full, so that one more result fits; 0 for none.
    package var ballastBytes: Int64 = 8 << 20

    package init() {}

    /// From this share of a limit on every command warns.
    package static let warningShare = 0.8

    /// The defaults, changed by the spool's `spool.json`, changed by `TRACK_SPOOL_LIMIT_BYTES` and so on.
    package static func read(file: String, environment: [String: String]) throws(ClientConfigurationError) -> SpoolLimits {
        var limits = SpoolLimits()
        if let settings = try Settings.read(file) {
            for (name, value) in settings {
                guard let place = places[name] else {
                    throw ClientConfigurationError("\(file): \"\(name)\" is not a limit; known are \(known).")
                }
                guard value >= 0 else { throw ClientConfigurationError("\(file): \(name) must not be negative.") }
                limits[keyPath: place] = value
            }
        }
        for (name, place) in places {
            let variable = "TRACK_SPOOL_LIMIT_" + name.uppercased()
            guard let text = environment[variable], !text.isEmpty else { continue }
            guard let value = Int64(text), value >= 0 else {
                throw ClientConfigurationError("\(variable) must be a whole number that is not negative, not \"\(text)\".")
            }
            limits[keyPath: place] = value
        }
        return limits
    }

    private static var places: [String: WritableKeyPath<SpoolLimits, Int64>] {
        [
            "bytes": \.bytes, "files": \.files, "sent_bytes": \.sentBytes, "sent_days": \.sentDays, "ballast_bytes": \.ballastBytes,
        ]
    }

    private static var known: String { places.keys.sorted().joined(separator: ", ") }

    /// `{"version": 1, "limits": {"bytes": 4294967296}}`
    private struct Settings: Decodable {
        let version: Int
        let limits: [String: Int64]?

        static func read(_ file: String) throws(ClientConfigurationError) -> [String: Int64]? {
            let settings: Settings
            do {
                guard let contents = try SmallFile.contents(of: file, limit: 65536) else { return nil }
                // Not the wire's decoder, which would rename the keys of the limits.
                settings = try JSONDecoder().decodeChecked(Settings.self, from: Data(contents.bytes))
            } catch let failure as SystemFailure {
                throw ClientConfigurationError("\(file) cannot be read: \(failure.reason).")
            } catch {
                let fault = WireCoding.fault(of: error)
                throw ClientConfigurationError("\(file): \(fault.field.isEmpty ? "it" : fault.field) \(fault.reason).")
            }
            guard settings.version == 1 else {
                throw ClientConfigurationError("\(file) is of version \(settings.version), which this track does not know: update it.")
            }
            return settings.limits
        }
    }
}
