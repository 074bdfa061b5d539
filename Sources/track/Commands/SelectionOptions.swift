import ArgumentParser
import FoundationEssentials
import TrackClient
import TrackCore
import TrackEvaluators

/// How much is drawn of the domains and sources of a set.
struct SelectionOptions: ParsableArguments {
    @Option(help: "Take at least so many UTF-8 bytes of each domain, whole documents. (default: all)")
    var bytesPerDomain: Int64?

    @Option(help: "Go on until each source has so many UTF-8 bytes.")
    var bytesPerSource: Int64?

    @Option(help: "Take at least so many tokens of each domain, whole documents, as --tokenizer counts them.")
    var tokensPerDomain: Int64?

    @Option(help: "Go on until each source has so many tokens.")
    var tokensPerSource: Int64?

    @Flag(help: "As Paloma: 100,000 tokens of each domain, 1,000,000 of each source.")
    var palomaTargets = false

    @Option(help: "What counts tokens: a folder with tokenizer.json, or a registered checkpoint, lineage/name.")
    var tokenizer: String?

    func validate() throws {
        for (option, amount) in [
            ("bytes-per-domain", bytesPerDomain), ("bytes-per-source", bytesPerSource), ("tokens-per-domain", tokensPerDomain),
            ("tokens-per-source", tokensPerSource),
        ] {
            if let amount, amount < 1 { throw ValidationError("--\(option) must be at least 1.") }
        }
        let hasBytes = bytesPerDomain != nil || bytesPerSource != nil
        let hasTokens = tokensPerDomain != nil || tokensPerSource != nil
        if palomaTargets, hasBytes || hasTokens {
            throw ValidationError("--paloma-targets stands for the other amounts; give one or the other.")
        }
        if hasBytes, hasTokens { throw ValidationError("Amounts are in bytes or in tokens, not in both.") }
        if hasTokens || palomaTargets, tokenizer == nil {
            throw ValidationError("Tokens are counted by a tokenizer: name one with --tokenizer.")
        }
        if tokenizer != nil, !hasTokens, !palomaTargets { throw ValidationError("--tokenizer goes with an amount in tokens.") }
    }

    /// Nil where no tokens are asked for.
    func counter(_ context: CommandContext) async throws -> TokenCounter? {
        guard let tokenizer else { return nil }
        let catalog = try EvaluatorCatalog(environment: context.environment)
        guard !FileManager.default.fileExists(atPath: tokenizer) else { return try TokenCounter(folder: tokenizer, catalog: catalog) }
        let checkpoint = try await context.withClient { try await $0.checkpoint(tokenizer) }.checkpoint
        guard let folder = FileURI.path(ofURI: checkpoint.description.uri) else {
            let uri = checkpoint.description.uri
            throw CommandFailure("\(tokenizer) is at \(uri), not in a folder of this machine. Name a folder that has its tokenizer.")
        }
        return try TokenCounter(folder: folder, catalog: catalog)
    }

    /// Nil where all documents are taken.
    func targets(_ counter: TokenCounter?) -> SelectionTargets? {
        if let counter {
            return SelectionTargets(
                unit: .tokens, perDomain: palomaTargets ? 100_000 : tokensPerDomain, perSource: palomaTargets ? 1_000_000 : tokensPerSource,
                tokenizer: counter.tokenizer)
        }
        guard bytesPerDomain != nil || bytesPerSource != nil else { return nil }
        return SelectionTargets(unit: .bytes, perDomain: bytesPerDomain, perSource: bytesPerSource)
    }
}
