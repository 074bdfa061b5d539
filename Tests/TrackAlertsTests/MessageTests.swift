import FoundationEssentials
import Testing
import TrackCore
import TrackStore

@testable import TrackAlerts

@Suite struct MessageTests {
    @Test("the body of a notification is what receivers have read so far")
    func golden() throws {
        let run = try #require(RunID("0199a3c4-0000-7000-8000-000000000001"))
        let reference = try #require(RunID("0199a3c4-0000-7000-8000-000000000002"))
        let opened = Timestamp(milliseconds: 1_795_412_467_250)
        let message = AlertMessage(
            type: .firing, timestamp: opened,
            data: .init(
                alertId: 7, fingerprint: Digest(ofText: "ood_regression llama"), rule: "ood_regression", lineage: "llama",
                checkpoint: "llama/checkpoint-60", summary: "checkpoint-60 diverged from base", inDomainChangePercent: -60.6,
                oodChangePercent: .infinity, regressedDomains: [try #require(DomainName("news/agency"))], runs: [run, reference],
                openedAt: opened))
        let expected = """
            {"data":{"alert_id":7,"checkpoint":"llama/checkpoint-60",\
            "fingerprint":"\(Digest(ofText: "ood_regression llama"))","in_domain_change_percent":-60.6,"lineage":"llama",\
            "ood_change_percent":"inf","opened_at":"2026-11-23T05:41:07.250Z","regressed_domains":["news/agency"],\
            "rule":"ood_regression","runs":["0199a3c4-0000-7000-8000-000000000001","0199a3c4-0000-7000-8000-000000000002"],\
            "summary":"checkpoint-60 diverged from base"},"timestamp":"2026-11-23T05:41:07.250Z","type":"alert.firing"}
            """
        #expect(try message.body() == expected)
        #expect(try WireCoding.decode(AlertMessage.self, from: Data(expected.utf8)) == message)
    }
}

@Suite struct SignatureTests {
    /// The example of the Standard Webhooks specification, checked with Python's `hmac`.
    @Test("a signature is that of the specification's example")
    func specification() throws {
        let secret = try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let signature = secret.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: #"{"test": 2432232314}"#)
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    /// From Python: `hmac.new(bytes(range(32)), f"{id}.{timestamp}.{body}".encode(), "sha256")`.
    @Test("a signature is over the UTF-8 form of the body")
    func unicode() throws {
        let secret = try WebhookSecret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        let signature = secret.signature(
            id: "0199a3c4-0000-7000-8000-000000000001", timestamp: 1_795_222_800,
            body: #"{"type":"alert.firing","data":{"summary":"Größe ≥ 3"}}"#)
        #expect(signature == "v1,2hToVqYSnDFeL0+iOhsTZfJ1ZwP4S9IP3Df/cMjLE28=")
    }

    @Test("a secret has 24 to 64 bytes and is never shown")
    func secrets() throws {
        for count in [0, 16, 23, 65, 100] {
            let text = "whsec_" + Data(repeating: 1, count: count).base64EncodedString()
            #expect(throws: Problem.self) { try WebhookSecret(text) }
        }
        for count in [24, 32, 64] {
            let text = Data(repeating: 1, count: count).base64EncodedString()
            #expect(throws: Problem.self) { try WebhookSecret(text) }
            let secret = try WebhookSecret("whsec_" + text)
            var dumped = ""
            dump(secret, to: &dumped)
            for shown in ["\(secret)", String(reflecting: secret), dumped] {
                #expect(shown.contains("<redacted>") && !shown.contains("AQEB"))
            }
        }
        let refusal = #expect(throws: Problem.self) { try WebhookSecret("whsec_?secret?") }
        #expect(refusal?.detail.contains("?secret?") == false)
    }

    @Test("a webhook is https, or http on this machine", arguments: [
        ("https://hooks.example.org/a?b=c", true), ("https://10.0.0.1:8443/", true), ("http://127.0.0.1:9/x", true),
        ("http://127.8.9.1/", true), ("http://localhost:8080/hook", true), ("http://[::1]:8080/", true), ("HTTP://LOCALHOST/", true),
        ("http://example.org/", false), ("http://127.0.0.1.example.org/", false), ("http://127.1/", false),
        ("http://localhost.example/", false),
        ("ftp://127.0.0.1/", false), ("https:///path", false), ("https://user:word@example.org/", false), ("https://example.org/#f", false),
        ("hooks.example.org", false), ("", false), ("http://10.0.0.1/", false), ("http://127.0.0.256/", false),
        ("https://example.org/\u{8}", false), ("https://exa mple.org/", false),
    ])
    func endpoints(text: String, isAccepted: Bool) {
        #expect(((try? WebhookEndpoint(text)) != nil) == isAccepted)
    }
}
