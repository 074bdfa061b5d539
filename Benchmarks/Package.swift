// swift-tools-version: 6.2
import PackageDescription

/// Measurements, in a package of their own so that the product needs none of it. `track` is a dependency only so that one optimised
/// build makes its two programs and the load generator; the generator speaks HTTP as any other client does.
let package = Package(
    name: "track-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "track", path: "../"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "generator",
            dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .treatAllWarnings(as: .error),
            ])
    ]
)
