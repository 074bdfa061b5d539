import Postgres
import TrackCore

/// How a document's content stands in `document_text`: a text as it is, a conversation as the JSON of its messages.
struct StoredContent {
    enum Form: String, SQLDecodable { case text, chat }

    let form: Form
    let body: String

    init(form: Form, body: String) {
        self.form = form
        self.body = body
    }

    init(_ content: DocumentContent) throws {
        switch content {
        case .text(let text): self.init(form: .text, body: text)
        case .chat(let messages): self.init(form: .chat, body: try JSONText(encoding: messages).text)
        }
    }

    var content: DocumentContent {
        get throws {
            switch form {
            case .text: .text(body)
            case .chat: .chat(try JSONText(body).decode([ChatMessage].self))
            }
        }
    }
}
