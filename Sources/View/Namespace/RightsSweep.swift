/// Tells somebody who goes from folder to folder from somebody who looks into one.
struct RightsSweep: Sendable {
    /// Folders refreshed ahead of a sweep, at most: as many as the share's lanes take at once.
    static let aheadMax = 16
    /// A sweep that has not gone on for so long is over.
    static let pauseMax = Duration.seconds(10)

    private var parent: NodeID?
    private var above: NodeID?
    private var last = Duration.zero

    /// A folder inside `parent`, itself inside `above`, is refreshed.
    ///
    /// - Returns: whether one beside it, or in a folder beside its own, was just before.
    mutating func isSweep(through parent: NodeID, in above: NodeID, at now: Duration) -> Bool {
        defer {
            self.parent = parent
            self.above = above
            last = now
        }
        let isNear = self.parent == parent || self.above == above || self.parent == above
        return isNear && now - last <= Self.pauseMax
    }
}
