import FoundationEssentials
import SystemPackage
import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How the settings of a running server reach the program that speaks for it: in its environment, where only its own user and root can
/// look, because arguments can be read by everybody on the machine.
package enum ServedVariables {
    package static let settings = "TRACK_EVALUATOR_SERVED"
    package static let token = "TRACK_EVALUATOR_SERVED_TOKEN"

    /// The command of `track` that speaks for a server.
    static let arguments = ["evaluators", "speak-served"]

    /// The worker reads the token: its file can stay closed to the user that runs evaluators.
    static func environment(
        of settings: ServedSettings, named name: String, python: String
    ) throws(EvaluatorFileFault) -> [String: String] {
        guard let json = try? JSONEncoder().encode(settings) else {
            throw EvaluatorFileFault("The settings of the evaluator \(name) cannot be written as JSON.")
        }
        var variables = [Self.settings: String(decoding: json, as: UTF8.self), EvaluatorCatalog.pythonVariable: python]
        if let file = settings.tokenFile { variables[token] = try readToken(file) }
        return variables
    }

    private static func readToken(_ file: String) throws(EvaluatorFileFault) -> String {
        let data: Data
        do {
            guard try Stat(FilePath(file)).mode.permissions.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute]) else {
                throw EvaluatorFileFault("The token file \(file) can be read by others. Make it private: chmod 600 \(file)")
            }
            data = try FileReader.contents(of: file, limit: 4096)
        } catch let fault as EvaluatorFileFault {
            throw fault
        } catch {
            throw EvaluatorFileFault("The token file \(file) cannot be read: \(error).")
        }
        let words = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let word = words.first else { throw EvaluatorFileFault("The token file \(file) must hold one line.") }
        return String(word)
    }
}
