import Configuration
import FoundationEssentials
import SystemPackage

/// Looks settings up in the order flags, environment, file, default, and remembers where each came from and everything that is wrong.
///
/// swift-configuration's own accessors fall back to the default when a value does not parse, so that `TRACK_HTTP_PORT=80b0` would be
/// ignored; this one makes it an error.
struct SettingSource {
    /// A setting as it took effect.
    struct Effective: Sendable {
        let key: String
        let value: String
        /// `flag`, `environment`, the file's path, or `default`.
        let origin: String
    }

    private let flags: [String: String]
    private let providers: [(origin: String, provider: any ConfigProvider)]
    private(set) var effective: [Effective] = []
    private(set) var faults: [String] = []
    private(set) var known: Set<String> = []

    /// - Parameters:
    ///   - flags: dotted keys without the `track.` prefix.
    ///   - file: the path of a JSON file, and whether it may be missing.
    init(flags: [String: String], environment: [String: String], file: (path: String, mayBeMissing: Bool)?) async throws(ConfigurationFault)
    {
        self.flags = flags
        var providers: [(String, any ConfigProvider)] = [
            ("environment", EnvironmentVariablesProvider(environmentVariables: environment))
        ]
        if let file {
            do {
                let provider = try await FileProvider<JSONSnapshot>(filePath: FilePath(file.path), allowMissing: file.mayBeMissing)
                providers.append((file.path, provider))
            } catch {
                throw ConfigurationFault([
                    "\(file.path) cannot be read as a JSON file: check that it exists, is readable and is valid JSON."
                ])
            }
        }
        self.providers = providers
    }

    mutating func string(_ key: String, default standard: String) -> String {
        lookUp(key, type: .string, standard: standard, show: { $0 }) { $0.asString } ?? standard
    }

    mutating func optionalString(_ key: String, isSecret: Bool = false) -> String? {
        lookUp(key, type: .string, standard: nil, show: { isSecret ? "<redacted>" : $0 }) { $0.asString }
    }

    /// A list; in the environment with commas between its parts. Empty without one.
    mutating func strings(_ key: String) -> [String] {
        lookUp(key, type: .stringArray, standard: [], show: { $0.joined(separator: ", ") }) { $0.asStrings } ?? []
    }

    mutating func integer(_ key: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
        let value = lookUp(key, type: .int, standard: standard, show: String.init) { $0.asInt } ?? standard
        if !range.contains(value) {
            faults.append("track.\(key) is \(value), but must be from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    mutating func seconds(_ key: String, default standard: Double, in range: ClosedRange<Double>) -> Duration {
        let value = lookUp(key, type: .double, standard: standard, show: { "\($0)" }) { $0.asDouble } ?? standard
        guard range.contains(value) else {
            faults.append("track.\(key) is \(value), but must be from \(range.lowerBound) to \(range.upperBound) seconds.")
            return .milliseconds(Int64(range.lowerBound * 1000))
        }
        return .milliseconds(Int64((value * 1000).rounded()))
    }

    mutating func boolean(_ key: String, default standard: Bool) -> Bool {
        lookUp(key, type: .bool, standard: standard, show: { "\($0)" }) { $0.asBool } ?? standard
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default standard: Choice) -> Choice
    where Choice.RawValue == String {
        let text = string(key, default: standard.rawValue)
        if let choice = Choice(rawValue: text) { return choice }
        let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        faults.append("track.\(key) is \(text), but must be one of: \(all).")
        return standard
    }

    mutating func fault(_ sentence: String) { faults.append(sentence) }

    private mutating func lookUp<Value>(
        _ key: String, type: ConfigType, standard: Value?, show: (Value) -> String, _ unwrap: (ConfigContent) -> Value?
    ) -> Value? {
        known.insert(key)
        if let text = flags[key] {
            guard let value = Self.content(text, as: type).flatMap(unwrap) else {
                faults.append("track.\(key), from flag, is not \(Self.name(of: type)).")
                return nil
            }
            effective.append(Effective(key: key, value: show(value), origin: "flag"))
            return value
        }
        for (origin, provider) in providers {
            do {
                guard let found = try provider.value(forKey: Self.absolute(key), type: type).value else { continue }
                guard let value = unwrap(found.content) else { continue }
                effective.append(Effective(key: key, value: show(value), origin: origin))
                return value
            } catch {
                faults.append("track.\(key), from \(origin), is not \(Self.name(of: type)).")
                return nil
            }
        }
        effective.append(Effective(key: key, value: standard.map(show) ?? "", origin: "default"))
        return standard
    }

    /// A flag's text as a value of the type that its setting has; nil when it is none.
    private static func content(_ text: String, as type: ConfigType) -> ConfigContent? {
        switch type {
        case .int: Int(text).map(ConfigContent.int)
        case .double: Double(text).map(ConfigContent.double)
        case .bool: Bool(text).map(ConfigContent.bool)
        default: .string(text)
        }
    }

    private static func absolute(_ key: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(["track"] + key.split(separator: ".").map(String.init))
    }

    private static func name(of type: ConfigType) -> String {
        switch type {
        case .int: "a whole number"
        case .double: "a number"
        case .bool: "true or false"
        default: "a text"
        }
    }
}

extension ConfigContent {
    fileprivate var asString: String? { if case .string(let value) = self { value } else { nil } }
    fileprivate var asStrings: [String]? { if case .stringArray(let value) = self { value } else { nil } }
    fileprivate var asInt: Int? { if case .int(let value) = self { value } else { nil } }
    fileprivate var asDouble: Double? { if case .double(let value) = self { value } else { nil } }
    fileprivate var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
}

/// A configuration that cannot be used: everything that is wrong with it, a sentence each.
package struct ConfigurationFault: Error, CustomStringConvertible {
    package let sentences: [String]

    package init(_ sentences: [String]) { self.sentences = sentences }

    package var description: String { sentences.joined(separator: "\n") }
}
