/// Groups of operations that a file system declares to have.
///
/// An operation that is registered with the kernel changes what the kernel does itself: with ``locks`` it
/// stops keeping locks, with ``flush`` every `close` costs a request. So only declared groups are registered;
/// what is not registered is answered by the kernel or by libfuse without asking.
public struct FuseFeatures: OptionSet, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `setAttributes`, `makeNode`, `makeDirectory`, `unlink`, `removeDirectory`, `makeSymbolicLink`,
    /// `rename`, `link`, `write`, `create`; with ``extendedAttributes`` also setting and removing those.
    public static let writes = FuseFeatures(rawValue: 1 << 0)
    /// `flush`: called at every `close`. Without it `close` asks nothing.
    public static let flush = FuseFeatures(rawValue: 1 << 1)
    /// `synchronize`, `synchronizeDirectory`. Without it `fsync` succeeds at once.
    public static let synchronize = FuseFeatures(rawValue: 1 << 2)
    /// `getExtendedAttribute`, `listExtendedAttributes`. Without it: `EOPNOTSUPP`.
    public static let extendedAttributes = FuseFeatures(rawValue: 1 << 3)
    /// `access`: asked only without `default_permissions`. Without it every access is granted.
    public static let access = FuseFeatures(rawValue: 1 << 4)
    /// `getLock`, `setLock` (`fcntl`). Without it the kernel keeps locks among the users of this mount.
    public static let locks = FuseFeatures(rawValue: 1 << 5)
    /// `lockFile` (`flock`). Without it the kernel keeps locks among the users of this mount.
    public static let fileLocks = FuseFeatures(rawValue: 1 << 6)
    /// `allocate`. Without it: `EOPNOTSUPP`.
    public static let allocate = FuseFeatures(rawValue: 1 << 7)
    /// `seek` for data and holes. Without it a file is all data.
    public static let seek = FuseFeatures(rawValue: 1 << 8)
    /// `copyRange`. Without it the kernel copies through its page cache.
    public static let copyRange = FuseFeatures(rawValue: 1 << 9)
    /// `readDirectory` with `plus`: listings that bring attributes along.
    public static let readDirectoryPlus = FuseFeatures(rawValue: 1 << 10)
}
