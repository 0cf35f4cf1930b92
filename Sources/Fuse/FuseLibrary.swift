import CFuse

/// The FUSE library that this process runs with; not the one that it was built with.
public enum FuseLibrary {
    /// Such as `3.14.0`.
    public static var version: String { String(cString: fuse_pkgversion()) }
}
