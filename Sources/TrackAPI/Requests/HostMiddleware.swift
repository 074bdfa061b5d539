import HTTPTypes
package import Hummingbird
import TrackCore

/// Answers only to its own names, and to no page of another site.
///
/// A browser sends whatever a web page tells it to 127.0.0.1, also under a name that the page's owner has pointed there (DNS rebinding).
/// The name in `Host` and the page's `Origin` are the two things that the page cannot choose, so both are checked on every route.
package struct HostMiddleware: RouterMiddleware {
    private let hosts: Set<String>

    /// - Parameter hosts: names and addresses without port, an IPv6 address in brackets.
    package init(hosts: Set<String>) { self.hosts = Set(hosts.map { $0.lowercased() }) }

    package func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        // The first Host becomes the authority; a second one stays among the fields.
        let isRepeated = request.headers.contains { $0.name.canonicalName == "host" }
        guard !isRepeated, let authority = request.head.authority, hosts.contains(Self.host(of: authority)) else {
            throw Problem(
                .misdirected,
                "This trackd does not answer to the host \(request.head.authority ?? "that the request leaves out"). "
                    + "track.http.hosts lists the names that it answers to.")
        }
        if let origin = request.headers[.origin], !Self.isOwn(origin, authority: authority) {
            throw Problem(.forbidden, "Requests of web pages from other sites are not answered.")
        }
        return try await next(request, context)
    }

    /// `localhost` of `localhost:7450`; `[::1]` of `[::1]:7450`.
    static func host(of authority: String) -> String {
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return host.lowercased()
    }

    /// A page that this daemon itself has served asks from the very authority that it asks for.
    static func isOwn(_ origin: String, authority: String) -> Bool {
        ["http://" + authority, "https://" + authority].contains(origin.lowercased())
    }
}
