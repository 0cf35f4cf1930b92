/// What a directory may ask of the memory and the patience of who lists it.
///
/// A share decides how many names a directory has, and a hostile or broken one has no end of them.
public struct ListingBounds: Sendable, Hashable {
    /// Names of one directory, at most; beyond that its listing fails with `EOVERFLOW`.
    public var namesMax = 4_000_000
    /// Of these, so many are asked for attributes; the others are listed by name. As many as the view knows at once.
    public var attributesMax = 1_000_000
    /// Entries that are left out, at most; or as many as there are names, if that is more. Beyond that the directory
    /// is taken to go round in circles, and its listing fails with `ELOOP`.
    public var refusedMax = 100_000
    /// Entries of one batch, at most.
    public var batchMax = 4096
    /// A batch ends at the first entry that is read after so long: its lane is free for others then, and the deadline
    /// that its caller has begins anew.
    public var batchTime = Duration.milliseconds(250)
    /// How often a listing begins anew because its directory's descriptor went stale.
    public var restartsMax = 2

    public init() {}
}
