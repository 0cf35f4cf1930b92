import Glibc
import TestSupport
import Testing

/// What this machine has.
extension TestRun {
    static let isRoot = geteuid() == 0

    static let hasFuse = access("/dev/fuse", R_OK | W_OK) == 0

    static let hasSSHFS = ["sshfs", "sshd", "ssh-keygen"].allSatisfy { program($0) != nil }

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
