import Testing

@testable import TrackReview
@testable import TrackScorecards
@testable import TrackTemplates

/// Mustache is silent about whatever it does not find: this reads the templates instead.
@Suite("Templates")
struct TemplateTests {
    /// Everything that a template may name, by the views that are rendered with it.
    private var names: [String: Set<String>] {
        let card = fields(CardView(Cards.diverged()))
        let index = ScorecardIndex.View(Fixtures.index.entries)
        return [
            "page": fields(PageShell.View(title: "", styleHash: "", style: "", body: "")), "card": card, "reading": card.union(["."]),
            "index": fields(index).union(index.lineages.first.map(fields) ?? []),
        ]
    }

    @Test("every variable is a field of the view, every section closes, every partial exists, every page has a view")
    func resolve() throws {
        #expect(Set(Templates.pages.keys) == Set(names.keys))
        for (page, source) in Templates.pages {
            let known = try #require(names[page])
            var open: [String] = []
            for tag in source.matches(of: /\{\{(\{?)([#^\/>&!=<$]?)\s*([^}]*?)\s*\}?\}\}/) {
                let name = String(tag.output.3)
                switch tag.output.2 {
                case ">": #expect(Templates.pages[name] != nil, "\(page): no partial \(name)")
                case "#", "^":
                    open.append(name)
                    #expect(known.contains(name), "\(page): no field \(name)")
                case "/": #expect(open.popLast() == name, "\(page): \(name) closes another section")
                case "": #expect(known.contains(name), "\(page): no field \(name)")
                default: Issue.record("\(page): \(tag.output.0) is not a form that these templates use")
                }
                // Views hold finished markup; a second escaping would show entities to the reader.
                if tag.output.2.isEmpty { #expect(tag.output.1 == "{", "\(page): \(name) must be inserted as markup, {{{\(name)}}}") }
            }
            #expect(open.isEmpty, "\(page): \(open) stay open")
        }
    }

    @Test("views hold markup, which is escaped already, and nothing else that a template could print")
    func markupOnly() {
        for view in [CardView(Cards.diverged()) as Any, ScorecardIndex.View(Fixtures.index.entries)] {
            for field in Mirror(reflecting: view).children {
                let isSafe =
                    field.value is Markup || field.value is Bool || field.value is [Markup] || field.value is [ScorecardIndex.LineageView]
                #expect(isSafe, "\(field.label ?? "?") is \(type(of: field.value))")
            }
        }
    }

    @Test("the style closes no element and asks for nothing")
    func style() {
        for bad in ["</", "url(", "@import", "{{"] { #expect(!Templates.style.contains(bad)) }
        #expect(Templates.style.count > 5000)
    }

    private func fields(_ view: Any) -> Set<String> { Set(Mirror(reflecting: view).children.compactMap(\.label)) }
}
