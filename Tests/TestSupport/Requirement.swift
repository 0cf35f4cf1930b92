import Platform

import Model

/// What a test needs of the machine. Where it is missing, tests are skipped and say so; in CI they
/// are not skipped, so that a broken machine does not look like success.
public enum Requirement {
    public static let fuseMissing = "needs /dev/fuse"

    public static var hasFuse: Bool {
        isMet((try? FileCalls.attributes(ofPath: "/dev/fuse")) != nil)
    }

    /// Whether a test that needs `condition` is tried: in CI always, where it fails instead of being skipped.
    public static func isMet(_ condition: Bool) -> Bool { isContinuousIntegration || condition }

    public static var isContinuousIntegration: Bool { Environment.variable("CI") == "true" }
}

/// Waiting for what another process does.
public enum Eventually {
    /// Asks again and again until `condition` holds.
    ///
    /// - Returns: false when it did not within `limit`.
    public static func holds(
        within limit: Duration = .seconds(20), _ condition: () throws -> Bool
    ) rethrows -> Bool {
        let clock = SystemClock()
        let end = clock.monotonic + limit
        while clock.monotonic < end {
            if try condition() { return true }
            Pause.wait(.milliseconds(10))
        }
        return try condition()
    }
}
