/// What people see of the habits as a whole.
public struct HabitReport: Sendable, Hashable {
    /// Files of which opens are known.
    public var files = 0
    /// The history has been gone through since the mount.
    public var isLearned = false
    /// Whether what is expected is fetched.
    public var warms = true
    /// Opens, reads and listings that were noted in this mount, and those for which there was no room.
    public var noted = 0
    public var dropped = 0
    /// Why the history could not be written at last, in words.
    public var trouble: String?
    /// Targets of which something was fetched, those of them that were opened in their time, and those that were not.
    public var fetched = 0
    public var right = 0
    public var wrong = 0
    /// Bytes, and those of them of targets that were wrong.
    public var fetchedBytes: Int64 = 0
    public var wastedBytes: Int64 = 0
    /// Share of right ones among the latest; 0.8 until ten are known.
    public var accuracy = 0.8
    public var forest = ForestReport()
    /// Why nothing is fetched at the moment, in words.
    public var restraint: String?
}
