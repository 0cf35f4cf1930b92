import Glibc
import TestSupport
import Testing

/// What the environment says about this run.
enum TestRun {
    /// `LARDER_TEST_SCALE`: multiplies counts of generated operations and rounds. 1 unless said
    /// otherwise.
    static let scale: Double = {
        guard let text = variable("LARDER_TEST_SCALE"), let scale = Double(text), scale > 0 else {
            return 1
        }
        return scale
    }()

    /// `LARDER_TEST_SEED`: repeats a failure. Else another one with each run.
    static let seed =
        variable("LARDER_TEST_SEED").flatMap { UInt64($0) } ?? .random(in: .min ... .max)

    static let isRoot = geteuid() == 0

    static let hasFuse = access("/dev/fuse", R_OK | W_OK) == 0

    static let hasSSHFS = ["sshfs", "sshd", "ssh-keygen"].allSatisfy { program($0) != nil }

    /// `count` scaled, at least 1.
    static func scaled(_ count: Int) -> Int { max(1, Int(Double(count) * scale)) }

    static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Absolute path of a program.
    static func program(_ name: String) -> String? {
        let directories = (variable("PATH") ?? "").split(separator: ":").map(String.init)
        return (directories + ["/usr/bin", "/bin", "/usr/sbin", "/sbin"])
            .map { "\($0)/\(name)" }
            .first { access($0, X_OK) == 0 }
    }
}

extension Trait where Self == ConditionTrait {
    static var needsFuse: Self {
        .enabled(if: Requirement.isMet(TestRun.hasFuse), "needs /dev/fuse, which is missing here")
    }

    static var needsRoot: Self {
        .enabled(
            if: Requirement.isMet(TestRun.isRoot),
            "needs root: mounts a tmpfs or becomes another user")
    }

    static func needs(_ programs: String...) -> Self {
        let missing = programs.filter { TestRun.program($0) == nil }
        return .enabled(
            if: Requirement.isMet(missing.isEmpty),
            "needs \(missing.joined(separator: ", ")), not installed here")
    }
}
