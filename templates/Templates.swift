/// The pages' templates and their style, embedded in the binary, so that program and pages cannot disagree.
package enum Templates {
    /// Mustache sources by the name that partials and code use.
    package static let pages: [String: String] = [
        "page": text(PackageResources.page_mustache),
        "card": text(PackageResources.card_mustache),
        "reading": text(PackageResources.reading_mustache),
        "index": text(PackageResources.index_mustache),
    ]

    /// The style sheet that every page carries.
    package static let style = [
        PackageResources.page_css, PackageResources.tables_css, PackageResources.figures_css, PackageResources.print_css,
    ].map(text).joined()

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
