import FoundationEssentials
import TrackCore
import TrackEvaluators

/// What a server says of itself.
struct ServerFacts: Hashable, Sendable {
    /// Its name for the checkpoint.
    let model: String
    /// Where its weights are, as far as it tells.
    let root: String?
    /// The most tokens of prompt and answer together, as far as it tells.
    let longest: Int?
    let version: String?

    private struct Models: Decodable {
        struct Model: Decodable {
            let id: String
            let root: String?
            let longest: Int?

            private enum CodingKeys: String, CodingKey {
                case id, root
                case longest = "max_model_len"
            }
        }

        let data: [Model]
    }

    /// Asks the server, and finds the checkpoint among its models.
    ///
    /// - Throws: ``ServedRefusal`` when it does not serve the checkpoint, ``ServerFault``.
    static func ask(_ connection: ServerConnection, path: String, digest: String) async throws -> ServerFacts {
        let settings = connection.settings
        if let only = settings.checkpoint, "\(only)" != digest {
            throw ServedRefusal(
                .checkpointInvalid,
                "The server's model \(settings.model) is said to be the checkpoint \(only.short), and \(path) is another. "
                    + "Have the server load it, and correct model and checkpoint in the evaluators' file.")
        }
        let wanted = settings.model(forPath: path)
        let models: [Models.Model]
        do {
            models = try PromptForm.decode(Models.self, try await connection.get("/v1/models")).data
        } catch AnswerFault.unfit(let reason) {
            throw ServedRefusal.unfit("asked for its models, it \(reason).")
        }
        guard let model = models.first(where: { $0.id == wanted }) else {
            let names = models.map(\.id).joined(separator: ", ")
            throw ServedRefusal(
                .checkpointInvalid, retry: true,
                "The server at \(settings.url) serves \(names.isEmpty ? "no model" : names), and not \(wanted). "
                    + "Start it with this checkpoint, or correct model in the evaluators' file.")
        }
        return ServerFacts(
            model: wanted, root: model.root, longest: model.longest ?? settings.context, version: await version(connection))
    }

    /// Best effort: a number is not refused because its server does not tell its version.
    private static func version(_ connection: ServerConnection) async -> String? {
        struct Version: Decodable { let version: String? }
        let paths = connection.settings.api == .sglang ? ["/get_server_info", "/server_info"] : ["/version"]
        for path in paths {
            guard let data = try? await connection.getOnce(path) else { continue }
            if let version = (try? JSONDecoder().decodeChecked(Version.self, from: data))?.version { return version }
        }
        return nil
    }
}
