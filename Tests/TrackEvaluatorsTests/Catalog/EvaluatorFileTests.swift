import FoundationEssentials
import Glibc
import Testing
import TrackCore

@testable import TrackEvaluators

@Suite struct EvaluatorFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func file(_ text: String, mode: mode_t = 0o600) throws -> String {
        let path = try folder.write("evaluators.json", text)
        #expect(chmod(path, mode) == 0)
        return path
    }

    private func fault(_ text: String, mode: mode_t = 0o600) throws -> String {
        let path = try file(text, mode: mode)
        return try #require(#expect(throws: EvaluatorFileFault.self) { _ = try EvaluatorFile(path: path) }).description
    }

    private static let served = #""url":"http://127.0.0.1:8000/","api":"vllm","dtype":"bfloat16""#

    @Test("commands and servers are read, with defaults")
    func reads() throws {
        let path = try file(#"{"evaluators":{"mine":{"command":["/bin/mine","--fast"]},"gpu":{"served":{\#(Self.served)}}}}"#)
        let entries = try EvaluatorFile(path: path).entries
        #expect(entries["mine"] == .command(["/bin/mine", "--fast"]))
        guard case .served(let settings) = entries["gpu"] else { throw CancellationError() }
        #expect(settings.url == "http://127.0.0.1:8000" && settings.model(forPath: "/c/checkpoint-1") == "/c/checkpoint-1")
        #expect(settings.concurrency == 4 && settings.tries == 5 && settings.tokenizer == .checkpoint)
        let again = try JSONDecoder().decode(ServedSettings.self, from: try JSONEncoder().encode(settings))
        #expect(again == settings)
    }

    @Test("no file is no evaluators, but a file that was named must be there")
    func missing() throws {
        let state = StateFolder(path: folder.path)
        #expect(try EvaluatorFile.read(nil, stateFolder: state).entries.isEmpty)
        #expect(throws: EvaluatorFileFault.self) { _ = try EvaluatorFile.read(folder.path + "/named.json", stateFolder: state) }
    }

    @Test("a file that others can write is refused, because it names programs that are run")
    func strangers() throws {
        #expect(try fault(#"{"evaluators":{}}"#, mode: 0o622).contains("chmod go-w"))
    }

    @Test(
        "a mistake is named with its place",
        arguments: [
            (#"{"evaluators":{"a":{}}}"#, "/evaluators/a must have either command or served"),
            (#"{"evaluators":{"a":{"command":["mine"]}}}"#, "/evaluators/a/command must be a list that begins with the absolute path"),
            (#"{"evaluators":{"a":{"comand":["/mine"]}}}"#, "/evaluators/a/comand is no setting"),
            (#"{"evaluators":{"a b":{"command":["/mine"]}}}"#, "is no name for an evaluator"),
            (#"{"evaluators":{"transformers":{"command":["/mine"]}}}"#, "give yours another name"),
            (#"{"evaluators":{"a":{"served":{\#(served),"tries":0}}}}"#, "/evaluators/a/served/tries must be from 1 to 100"),
            (#"{"evaluators":{"a":{"served":{\#(served),"model":"fixed"}}}}"#, "checkpoint must say which checkpoint"),
            (#"{"evaluators":{"a":{"served":{\#(served),"tokenizer":"here"}}}}"#, "/tokenizer must be checkpoint, server, or"),
            (#"{"evaluators":{"a":{"served":{"url":"ftp://x","api":"vllm","dtype":"float32"}}}}"#, "/url must be http"),
            (
                #"{"evaluators":{"a":{"served":{"url":"http://gpu:80","api":"vllm","dtype":"float32","tokenFile":"/t"}}}}"#,
                "must be https"
            ),
            (#"{"evaluators":{"a":{"served":{"url":"http://gpu:80","api":"tgi","dtype":"float32"}}}}"#, "must be one of: vllm"),
        ])
    func mistakes(_ text: String, _ words: String) throws {
        let fault = try fault(text)
        #expect(fault.contains(words), "\(fault)")
    }

    @Test("settings and token reach the program that speaks for a server in its environment; others do not get them")
    func variables() throws {
        let token = try folder.write("token", "secret\n")
        #expect(chmod(token, 0o600) == 0)
        let path = try file(
            #"{"evaluators":{"gpu":{"served":{\#(Self.served),"tokenFile":"\#(token)"}},"mine":{"command":["/bin/mine"]}}}"#)
        let catalog = try EvaluatorCatalog(
            file: try EvaluatorFile(path: path), program: "/usr/bin/track", environment: ["PATH": "/bin"], userName: "nobody")
        #expect(catalog.names == ["gpu", "mine", "transformers"])
        let served = try catalog.command(named: "gpu", workingFolder: folder.path, noteFolder: nil)
        #expect(served.arguments == ["/usr/bin/track", "evaluators", "speak-served"])
        #expect(served.environment[ServedVariables.token] == "secret" && served.environment[ServedVariables.settings] != nil)
        let other = try catalog.command(named: "mine", workingFolder: folder.path, noteFolder: nil)
        #expect(other.arguments == ["/bin/mine"] && other.environment.values.allSatisfy { !$0.contains("secret") })
        #expect(chmod(token, 0o640) == 0)
        #expect(throws: EvaluatorFileFault.self) {
            _ = try EvaluatorCatalog(commandsOf: try EvaluatorFile(path: path), python: "python3", program: "track")
        }
    }
}
