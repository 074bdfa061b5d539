package import Hummingbird

/// The daemon's HTTP interface, version 1.
package enum APIRouter {
    package static func build(_ services: APIServices) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: AnswerHeadersMiddleware())
        router.add(middleware: EpochMiddleware(watch: EpochWatch(database: services.database)))
        router.add(middleware: ProblemMiddleware())
        router.add(middleware: HostMiddleware(hosts: services.hosts))
        router.add(middleware: BodyMiddleware(domainSetLimit: services.uploadLimit))
        let limit = RateLimitMiddleware(services.limiter)
        HealthRoutes(services: services).add(to: GuardedRoutes(router.group().add(middleware: limit)))
        let version1 = GuardedRoutes(
            router.group("v1").add(middleware: TokenMiddleware(tokens: services.tokens, limiter: services.limiter)).add(middleware: limit))
        AccessRoutes(services: services).add(to: version1)
        CheckpointRoutes(services: services).add(to: version1)
        DomainSetRoutes(services: services).add(to: version1)
        JobRoutes(services: services).add(to: version1)
        RunRoutes(services: services).add(to: version1)
        RunDigestRoutes(services: services).add(to: version1)
        ReviewRoutes(services: services).add(to: version1)
        ExportRoutes(services: services).add(to: version1)
        ImportRoutes(services: services).add(to: version1)
        return router
    }
}
