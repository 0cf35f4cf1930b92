/// The answer to `open`, `create` and `openDirectory`.
public struct FuseOpenReply: Hashable, Sendable {
    /// Comes back with every operation on this open file.
    public var handle: UInt64
    /// Files: pages cached at earlier opens stay valid. Directories: so does a cached listing.
    public var keepCache: Bool
    /// Directories: the kernel may keep the listing that it reads now.
    public var cacheDirectory: Bool
    /// Every read and write goes to the daemon, past the page cache, in the sizes that were asked for.
    public var directIO: Bool
    /// `close` sends no `flush`.
    public var noFlush: Bool
    /// `lseek` fails with `ESPIPE`.
    public var nonSeekable: Bool

    public init(
        handle: UInt64, keepCache: Bool = false, cacheDirectory: Bool = false,
        directIO: Bool = false, noFlush: Bool = false, nonSeekable: Bool = false
    ) {
        self.handle = handle
        self.keepCache = keepCache
        self.cacheDirectory = cacheDirectory
        self.directIO = directIO
        self.noFlush = noFlush
        self.nonSeekable = nonSeekable
    }
}
