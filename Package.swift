// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is built with. Warnings are errors here and nowhere else (SE-0480).
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

// External products, each named once.
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let lifecycleTestKit: Target.Dependency = .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPCompression: Target.Dependency = .product(name: "NIOHTTPCompression", package: "swift-nio-extras")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "track",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "track", targets: ["track"]),
        .executable(name: "trackd", targets: ["trackd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "Logging"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibPQ", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(
            name: "Postgres",
            dependencies: ["CLibPQ", crypto, lifecycle, logging, subprocess, system],
            swiftSettings: strict + [.strictMemorySafety()]),
        .target(name: "TrackCore", dependencies: [crypto], swiftSettings: strict),
        .target(name: "TrackStatistics", swiftSettings: strict),
        .target(
            name: "TrackMigrations", path: "migrations",
            resources: [.embedInCode("sql")], swiftSettings: strict),
        .target(
            name: "TrackTemplates", path: "templates",
            resources: [.embedInCode("pages")], swiftSettings: strict),
        .target(name: "TrackReview", dependencies: ["TrackCore", "TrackStatistics"], swiftSettings: strict),
        .target(name: "TrackStore", dependencies: ["TrackCore", "Postgres", "TrackMigrations"], swiftSettings: strict),
        .target(name: "TrackJobs", dependencies: ["TrackCore", "Postgres", "TrackStore", lifecycle, logging], swiftSettings: strict),
        .target(name: "TrackEvaluators", dependencies: ["TrackCore", crypto, logging, subprocess, system], swiftSettings: strict),
        .target(
            name: "TrackClient",
            dependencies: ["TrackCore", asyncHTTPClient, crypto, logging, nioCore, nioHTTP1, nioPosix, nioSSL, system],
            swiftSettings: strict),
        .target(
            name: "TrackServed",
            dependencies: [
                "TrackCore", "TrackEvaluators", "TrackClient", asyncHTTPClient, nioCore, nioHTTP1, nioPosix, nioSSL, system,
            ],
            swiftSettings: strict),
        .target(
            name: "TrackWorker",
            dependencies: ["TrackCore", "TrackEvaluators", "TrackClient", lifecycle, logging, system],
            swiftSettings: strict),
        .target(
            name: "TrackScorecards",
            dependencies: ["TrackCore", "TrackReview", "TrackTemplates", mustache],
            swiftSettings: strict),
        .target(
            name: "TrackAlerts",
            dependencies: ["TrackCore", "TrackStore", asyncHTTPClient, crypto, lifecycle, logging, nioCore, nioHTTP1],
            swiftSettings: strict),
        .target(
            name: "TrackAPI",
            dependencies: [
                "TrackCore", "TrackStore", "TrackJobs", "Postgres", httpTypes, hummingbird, logging, nioCore, nioHTTP1, nioHTTPCompression,
                system,
            ],
            swiftSettings: strict),
        .target(
            name: "TrackDaemon",
            dependencies: [
                "Postgres", "TrackCore", "TrackStatistics", "TrackReview", "TrackMigrations", "TrackStore", "TrackJobs", "TrackEvaluators",
                "TrackClient", "TrackWorker", "TrackTemplates", "TrackScorecards", "TrackAlerts", "TrackAPI",
                configuration, httpTypes, hummingbird, hummingbirdCore, hummingbirdTLS, lifecycle, logging, nioCore, nioHTTP1,
                nioHTTPCompression, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, nioSSL, system, unixSignals,
            ],
            swiftSettings: strict),
        .executableTarget(name: "trackd", dependencies: ["TrackDaemon", argumentParser], swiftSettings: strict),
        .executableTarget(
            name: "track",
            dependencies: [
                "TrackCore", "TrackClient", "TrackEvaluators", "TrackServed", "TrackWorker", argumentParser, lifecycle, logging, system,
                unixSignals,
            ],
            swiftSettings: strict),
        .target(
            name: "TrackTestSupport",
            dependencies: ["Postgres", "TrackCore", "TrackStore", logging, system],
            path: "Tests/TrackTestSupport", swiftSettings: strict),
        .target(
            name: "ParserProperties",
            dependencies: [
                "Postgres", "TrackCore", "TrackReview", "TrackEvaluators", "TrackClient", "TrackScorecards", "TrackAlerts", "TrackDaemon",
            ],
            path: "Tests/ParserProperties", swiftSettings: strict),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", lifecycle, logging, subprocess, system], swiftSettings: strict),
        .testTarget(name: "ParserPropertyTests", dependencies: ["ParserProperties"], swiftSettings: strict),
        .testTarget(name: "TrackCoreTests", dependencies: ["TrackCore"], swiftSettings: strict),
        .testTarget(name: "TrackStatisticsTests", dependencies: ["TrackStatistics"], exclude: ["Reference"], swiftSettings: strict),
        .testTarget(
            name: "TrackReviewTests", dependencies: ["TrackReview", "TrackStatistics", "TrackCore"], exclude: ["Reference"],
            swiftSettings: strict),
        .testTarget(
            name: "TrackClientTests",
            dependencies: ["TrackClient", "TrackCore", "TrackWorker", "TrackTestSupport", nioCore, nioHTTP1, nioPosix], swiftSettings: strict),
        .testTarget(
            name: "TrackScorecardsTests",
            dependencies: ["TrackScorecards", "TrackReview", "TrackTemplates", "TrackCore", "TrackTestSupport"],
            exclude: ["Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "trackTests", dependencies: ["track", "TrackClient", "TrackCore", "TrackEvaluators", subprocess, system],
            swiftSettings: strict),
        .testTarget(
            name: "TrackEvaluatorsTests", dependencies: ["TrackEvaluators", "TrackCore", crypto, logging, subprocess, system],
            exclude: ["Reference", "Programs", "Results/Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "TrackServedTests",
            dependencies: ["TrackServed", "TrackEvaluators", "TrackCore", nioCore, nioHTTP1, nioPosix, subprocess, system],
            exclude: ["Answers", "Reference"], swiftSettings: strict),
        .testTarget(
            name: "TrackWorkerTests",
            dependencies: ["TrackWorker", "TrackEvaluators", "TrackClient", "TrackCore", lifecycle, lifecycleTestKit, logging, system],
            exclude: ["Programs"], swiftSettings: strict),
        .testTarget(
            name: "TrackStoreTests", dependencies: ["TrackStore", "TrackCore", "Postgres", "TrackTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "TrackDaemonTests",
            dependencies: [
                "TrackDaemon", "TrackAPI", "TrackAlerts", "TrackClient", "TrackEvaluators", "TrackJobs", "TrackReview", "TrackStore",
                "TrackCore", "Postgres", "TrackTestSupport", httpTypes, hummingbird, logging, nioCore, subprocess, system,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TrackJobsTests",
            dependencies: ["TrackJobs", "TrackStore", "TrackCore", "Postgres", "TrackTestSupport", logging],
            swiftSettings: strict),
        .testTarget(
            name: "TrackAlertsTests",
            dependencies: [
                "TrackAlerts", "TrackStore", "TrackCore", "Postgres", "TrackTestSupport", logging, nioCore, nioHTTP1, nioPosix,
            ],
            swiftSettings: strict),
    ]
)

// `scripts/fuzz` builds the fuzzer in a folder of its own, with libFuzzer's counters in all our targets.
if Context.environment["TRACK_FUZZING"] != nil {
    for target in package.targets where target.type == .regular {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-sanitize=fuzzer,address"])]
    }
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: ["ParserProperties"], path: "Fuzzing", swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]))
}
