import TrackCore

/// A line of a file of lines, as far as it concerns us: the first there is of a text, a conversation, and a prompt with its completion. The
/// other fields differ between sets and say nothing about the document.
struct SourceLine: Decodable {
    let content: DocumentContent
    let subdomain: String?
    /// How many bytes the line says that its text has.
    let statedBytes: Int64?

    private enum CodingKeys: String, CodingKey {
        case text, messages, prompt, completion, subdomain, bytes
        case numBytes = "num_bytes"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // Of any type where a set has no subdomains.
        subdomain = try? container.decodeIfPresent(String.self, forKey: .subdomain)
        statedBytes = (try? container.decode(Int64.self, forKey: .bytes)) ?? (try? container.decode(Int64.self, forKey: .numBytes))
        if container.contains(.text) {
            content = .text(try container.decode(String.self, forKey: .text))
        } else if container.contains(.messages) {
            content = .chat(try container.decode([ChatMessage].self, forKey: .messages))
        } else {
            let prompt = try container.decode(Turns.self, forKey: .prompt).messages(of: "user")
            content = .chat(prompt + (try container.decode(Turns.self, forKey: .completion).messages(of: "assistant")))
        }
    }

    /// One side of a prompt and its completion: its words, or messages as a trainer's conversational form has them.
    private enum Turns: Decodable {
        case words(String)
        case messages([ChatMessage])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let words = try? container.decode(String.self) {
                self = .words(words)
            } else {
                self = .messages(try container.decode([ChatMessage].self))
            }
        }

        func messages(of role: String) -> [ChatMessage] {
            switch self {
            case .words(let words): [ChatMessage(role: role, content: words)]
            case .messages(let messages): messages
            }
        }
    }
}
