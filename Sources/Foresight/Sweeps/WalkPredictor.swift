/// Notices that somebody walks the tree (`find`, `ls -R`, a file manager opening folder after folder) and says
/// how far ahead of the walker listings should be fetched. Pure; the owner guards it.
public struct WalkPredictor: Sendable {
    /// Opens of folders further apart than this belong to different walks: people pause, programs do not.
    public static let pauseMax = Duration.seconds(2)
    /// A walk counts from this many folders on.
    public static let foldersMin = 3
    /// Listings fetched ahead of somebody who merely opened a folder.
    public static let aheadOfVisitor = 32
    /// Listings fetched ahead of a walk, at most in flight.
    public static let aheadOfWalk = 256

    private var lastOpen: Duration?
    private var run = 0

    public init() {}

    /// A folder was opened. - Returns: how many of the folders inside it may be listed ahead.
    public mutating func opened(at now: Duration) -> Int {
        if let lastOpen, now - lastOpen <= Self.pauseMax {
            run += 1
        } else {
            run = 1
        }
        lastOpen = now
        return run >= Self.foldersMin ? Self.aheadOfWalk : Self.aheadOfVisitor
    }

    /// Whether a walk is under way, so that folders found ahead of it should be listed too.
    public func isWalking(at now: Duration) -> Bool {
        guard let lastOpen, run >= Self.foldersMin else { return false }
        return now - lastOpen <= Self.pauseMax
    }
}
