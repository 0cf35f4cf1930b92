// swift-tools-version: 6.2
import PackageDescription

// The rooms, bottom to top. Imports point downward only; Tests/TidyTests holds the tree to this list.
let package = Package(
    name: "larder",
    products: [
        .executable(name: "larder", targets: ["larder"]),
        .executable(name: "slowshare", targets: ["slowshare"]),
        .executable(name: "larder-train", targets: ["larder-train"]),
    ],
    targets: [
        // C libraries: a module map and a shim each, imported in one room only.
        .systemLibrary(name: "CFuse", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(
            name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(
            name: "CXGBoost", pkgConfig: "xgboost", providers: [.apt(["libxgboost-dev"])]),
        .target(name: "CMessageDigest", linkerSettings: [.linkedLibrary("md")]),
        .target(name: "CLinux"),
        .target(name: "CTOML"),

        .target(name: "Model"),
        .target(name: "Metrics"),
        .target(name: "Foresight", dependencies: ["Model", "Habits"]),
        .target(
            name: "Eviction", dependencies: ["Model"],
            // Generic, and used for every hit: without it none of it is specialised where it is used.
            swiftSettings: [
                .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))
            ]),
        .target(
            name: "Habits", dependencies: ["Model"],
            // Generic, and asked at every open and miss: as above.
            swiftSettings: [
                .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))
            ]),
        .target(
            name: "Replay", dependencies: ["Model", "Foresight", "Eviction", "Habits", "Forest"]),
        .target(
            name: "Platform",
            dependencies: [
                "Model", "CLinux", "CLZ4", "CXXHash", "CSQLite", "CSystemd", "CMessageDigest",
                "CTOML",
            ]),
        .target(name: "History", dependencies: ["Model", "Platform"]),
        .target(name: "Forest", dependencies: ["Model", "Platform", "Habits"]),
        // In no program but larder-train: what it links is large and foreign.
        .target(name: "Training", dependencies: ["Model", "Platform", "Forest", "CXGBoost"]),
        .target(name: "Fuse", dependencies: ["Model", "Metrics", "Platform", "CFuse"]),
        .target(name: "Share", dependencies: ["Model", "Metrics", "Platform"]),
        .target(
            name: "Tiers", dependencies: ["Model", "Metrics", "Platform", "Share", "Eviction"]),
        .target(
            name: "View",
            dependencies: [
                "Model", "Metrics", "Platform", "Fuse", "Share", "Tiers", "Foresight", "Habits",
                "History", "Forest",
            ]),
        .target(name: "Control", dependencies: ["Model", "Platform"]),
        .executableTarget(
            name: "larder",
            dependencies: [
                "Model", "Metrics", "Platform", "Fuse", "Share", "Tiers", "Foresight", "Habits",
                "History", "Forest", "View", "Control", "Replay",
            ]),
        .executableTarget(
            name: "slowshare", dependencies: ["Model", "Platform", "Fuse", "Control"]),
        .executableTarget(name: "larder-train", dependencies: ["Platform", "Forest", "Training"]),

        .executableTarget(
            name: "cache-bench", dependencies: ["Model", "Metrics", "Platform", "Share", "Tiers"],
            path: "Benchmarks/Cache"),
        .executableTarget(
            name: "disk-tier-bench", dependencies: ["Model", "Platform", "Tiers"],
            path: "Benchmarks/DiskTier"),
        .executableTarget(
            name: "history-bench", dependencies: ["Model", "Platform", "History"],
            path: "Benchmarks/History"),
        .executableTarget(
            name: "foresight-bench", dependencies: ["Model", "Foresight"],
            path: "Benchmarks/Foresight", linkerSettings: [.linkedLibrary("m")]),

        .testTarget(name: "ModelTests", dependencies: ["Model"]),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics"]),
        .testTarget(name: "EvictionTests", dependencies: ["Eviction", "Model", "TestSupport"]),
        .testTarget(name: "HabitsTests", dependencies: ["Habits", "Model", "TestSupport"]),
        .testTarget(name: "PlatformTests", dependencies: ["Platform", "Model", "TestSupport"]),
        .testTarget(
            name: "HistoryTests", dependencies: ["History", "Platform", "Model", "TestSupport"]),
        .testTarget(
            name: "ForestTests", dependencies: ["Forest", "Platform", "Model", "TestSupport"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Training", "Forest", "Platform", "Model", "larder-train", "TestSupport",
            ]),
        .testTarget(name: "FuseTests", dependencies: ["Fuse", "Model"]),
        .testTarget(
            name: "SlowShareTests",
            dependencies: ["slowshare", "Fuse", "Platform", "Model", "TestSupport"]),
        .testTarget(name: "ForesightTests", dependencies: ["Foresight", "Model", "TestSupport"]),
        .testTarget(
            name: "ReplayTests",
            dependencies: [
                "Replay", "Foresight", "Eviction", "Habits", "Forest", "Model", "Platform",
                "TestSupport",
            ],
            exclude: ["Traces"]),
        .testTarget(
            name: "ShareTests", dependencies: ["Share", "Platform", "Model", "TestSupport"]),
        .testTarget(
            name: "TiersTests",
            dependencies: ["Tiers", "Eviction", "Share", "Platform", "Model", "TestSupport"]),
        .testTarget(
            name: "ViewTests",
            dependencies: [
                "View", "Habits", "History", "Forest", "Tiers", "Share", "Platform", "Model",
                "TestSupport",
            ]),
        .testTarget(
            name: "ControlTests", dependencies: ["Model", "Platform", "Control", "TestSupport"]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "Model", "Platform", "Foresight", "View", "Control", "Replay", "larder",
                "TestSupport",
            ]),
        .testTarget(name: "TidyTests", dependencies: ["Model", "Platform"]),
        // What tests of several rooms need: directories of their own, the built programs, chance with a seed.
        .target(
            name: "TestSupport", dependencies: ["Model", "Platform"], path: "Tests/TestSupport",
            // What tests make and compare by the byte is here.
            swiftSettings: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
        // Starts the built programs; its own rooms it needs only to read what they answer, and for a disk whose power fails.
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["Control", "Fuse", "History", "Platform", "Model", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
for target in package.targets where target.type != .system && !target.name.hasPrefix("C") {
    target.swiftSettings = (target.swiftSettings ?? []) + strict
}
