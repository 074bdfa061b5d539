/// What a held-out document holds: a text, or a conversation.
package enum DocumentContent: Hashable, Sendable {
    case text(String)
    case chat([ChatMessage])

    /// SHA-256 of a text's UTF-8 bytes. A conversation's begins with a byte that no UTF-8 has, so that no text has the same; the lengths of
    /// its roles and contents keep two conversations apart.
    package var digest: Digest {
        switch self {
        case .text(let text): return Digest(ofText: text)
        case .chat(let messages):
            var stream = DigestStream()
            stream.update([0xff])
            stream.update(text: "track chat 1\n")
            for message in messages {
                stream.update(text: "\(message.role.utf8.count) \(message.content.utf8.count)\n")
                stream.update(text: message.role)
                stream.update(text: message.content)
            }
            return stream.finish()
        }
    }

    /// The text, or what the messages say; a chat template's own words are not among them.
    package var parts: [String] {
        switch self {
        case .text(let text): [text]
        case .chat(let messages): messages.map(\.content)
        }
    }

    /// UTF-8 bytes of its parts.
    package var byteCount: Int { parts.reduce(0) { $0 + $1.utf8.count } }

    /// Words of its parts as lm-evaluation-harness counts them, `len(re.split(r"\s+", text))`: one more than the runs of white space.
    package var wordCount: Int { parts.reduce(0) { $0 + WordCount.of($1) } }

    /// PostgreSQL has no place for such a character in a text.
    package var holdsNUL: Bool {
        switch self {
        case .text(let text): text.utf8.contains(0)
        case .chat(let messages): messages.contains { $0.role.utf8.contains(0) || $0.content.utf8.contains(0) }
        }
    }

    /// Why it cannot be a document of a set; nil when it can.
    package var fault: String? {
        if holdsNUL { return "a document must be without NUL characters" }
        switch self {
        case .text(let text): return text.isEmpty ? "a document must have text" : nil
        case .chat(let messages):
            guard messages.contains(where: { !$0.content.isEmpty }) else { return "a conversation must say something" }
            return messages.contains { $0.role.isEmpty } ? "every message of a conversation must have a role" : nil
        }
    }
}

/// One turn of a conversation.
package struct ChatMessage: Hashable, Sendable, Codable {
    /// As the chat template knows it, for example `user` or `assistant`.
    package let role: String
    package let content: String

    package init(role: String, content: String) {
        self.role = role
        self.content = content
    }
}

/// In the object that holds it, `text` or `messages`, never both.
extension DocumentContent: Codable {
    private enum CodingKeys: String, CodingKey { case text, messages }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard container.contains(.messages) else {
            self = .text(try container.decode(String.self, forKey: .text))
            return
        }
        guard !container.contains(.text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .messages, in: container, debugDescription: "stands beside a text; a document has one of them")
        }
        self = .chat(try container.decode([ChatMessage].self, forKey: .messages))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .text(let text): try container.encode(text, forKey: .text)
        case .chat(let messages): try container.encode(messages, forKey: .messages)
        }
    }
}
