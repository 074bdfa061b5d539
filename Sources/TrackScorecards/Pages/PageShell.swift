import FoundationEssentials
import Mustache
import TrackCore
import TrackTemplates

/// The Mustache templates, parsed once, and the frame that every page shares: head, content security policy, style.
enum PageShell {
    /// What the frame's template reads. Mustache sees stored properties only, and says nothing about a missing one. The style and the body
    /// are this program's own output and go in as they are.
    struct View {
        let title: Markup
        let styleHash: Markup
        let style: String
        let body: String
    }

    /// A whole document around the named body template.
    static func render(title: Markup, body view: Any, template name: String) throws -> [UInt8] {
        let library = try library.get()
        let style = Templates.style
        let body = try render(view, template: name, from: library)
        let hash = Data(Digest(ofText: style).bytes).base64EncodedString()
        let page = try render(View(title: title, styleHash: "\(hash)", style: style, body: body), template: "page", from: library)
        return Array(page.utf8)
    }

    private static func render(_ view: Any, template name: String, from library: MustacheLibrary) throws -> String {
        guard let text = library.render(view, withTemplate: name) else {
            throw Problem(.internal, "The page template \(name) is not part of this program.")
        }
        return text
    }

    private static let library: Result<MustacheLibrary, any Error> = Result {
        var library = MustacheLibrary()
        for (name, text) in Templates.pages { try library.register(text, named: name) }
        return library
    }
}
