/// Everything a daemon needs to know about one mount, checked: paths are canonical, figures
/// possible.
///
/// Built from the command line and the configuration file; read by the composition of
/// the daemon, by the control socket's status report, and by nobody else.
public struct MountConfiguration: Hashable, Sendable {
    /// How much of what happens is logged.
    public enum Verbosity: String, Hashable, Sendable, Codable, CaseIterable {
        case error, warning, info, debug
    }

    /// Directory to be cached: absolute, without symbolic links.
    public var sharePath: String
    /// Mountpoint: absolute, without symbolic links.
    public var viewPath: String
    /// Where disk tier and index live; may not exist yet. Holds the caches of several shares.
    public var cacheDirectory: String
    /// Bytes of chunks kept in memory.
    public var memoryLimit = ByteCount.mebibytes(512)
    /// Bytes on disk; 0 means no disk tier.
    public var diskLimit = ByteCount.gibibytes(5)
    /// Where the storage tier lives, as ``cacheDirectory``; empty: there is none.
    public var storageDirectory = ""
    /// Bytes of the storage tier.
    public var storageLimit = ByteCount.gibibytes(50)
    public var diskEviction = EvictionRule.lfuAgeing
    public var storageEviction = EvictionRule.lfuAgeing
    /// After which time goes from a tier what nobody has asked for since it came; zero: never.
    public var diskTTL = Duration.zero
    public var memoryTTL = Duration.zero
    public var storageTTL = Duration.zero
    /// Bytes written to the disk tier in a day, at most; 0 for no bound.
    public var diskWritesPerDay = ByteCount(0)
    /// Bytes of the cache's file system that stay free, whoever fills it.
    public var freeSpaceMin = ByteCount.mebibytes(100)
    /// The largest window read ahead of one stream; 0 means none.
    public var readaheadLimit = ByteCount.mebibytes(32)
    /// nil: it moves by itself.
    public var strategy: PrefetchStrategy?
    /// How much may be read ahead per second, by the time of day; empty for no limit.
    public var bandwidth = BandwidthSchedule()
    /// Whether all folders of the share are listed in the background.
    public var catalogue = CatalogueMode.auto
    /// Folders per second, at most; 0 means as fast as they come.
    public var catalogueRate = 0
    public var warming = WarmingMode.on
    /// Hours in which nothing is fetched for habits' sake.
    public var quietHours: QuietHours?
    /// Files of which no history is kept.
    public var historyExclusions: [ContentPattern] = []
    public var historyAge = Duration.seconds(90 * 86_400)
    /// Bytes; 0 means that no history is kept.
    public var historyLimit = ByteCount.mebibytes(200)
    public var consistency = Consistency.eventual
    /// How long one request to the share may take before its reader gets an error.
    public var shareDeadline = Duration.seconds(30)
    /// An entry older than this is revalidated behind the reader's back; zero in `strict`.
    public var propagationDelay = Duration.seconds(5)
    /// Attributes and listings older than this are asked for again before they are served.
    public var namespaceTTL = Duration.seconds(300)
    /// Whether the view is mounted without its share, of what is cached.
    public var offline = OfflineMode.auto
    /// Requests to the share at the same time.
    public var lanes = 16
    /// Users other than the owner of the mount may use the view.
    public var allowOther = false
    /// With ``allowOther``: owners and modes that are older decide nothing before the share was asked; zero in `strict`.
    public var rightsLifetime = Duration.seconds(60)
    /// Owner and mode of everything in the view, where they are not the share's.
    public var shownOwner = ShownOwner()
    /// The share may be an empty directory that looks like a mountpoint without its mount.
    public var force = false
    /// By content type: which files, how they are cut and compressed.
    public var content = ContentConfiguration()
    public var verbosity = Verbosity.info
    /// Where a background daemon writes its log; empty: beside its control socket.
    public var logFile = ""
    /// Mount options for the kernel, as in `mount -o`: `ro`, `nosuid`, …
    public var kernelOptions: [String] = []

    public init(sharePath: String, viewPath: String, cacheDirectory: String) {
        self.sharePath = sharePath
        self.viewPath = viewPath
        self.cacheDirectory = cacheDirectory
    }
}

extension MountConfiguration {
    /// Second word of the type that the view has in the mount table: `fuse.larder`.
    public static let fileSystemSubtype = "larder"
    public static let fileSystemType = "fuse." + fileSystemSubtype

    /// What goes to libfuse and the kernel behind `-o`, one option each.
    public var fuseOptions: [String] {
        // The daemon answers from its cache, where only the kernel can check the caller's
        // permissions.
        ["default_permissions"] + (allowOther ? ["allow_other"] : []) + kernelOptions
    }

    /// What ``content`` comes to.
    public var rules: ContentRules { ContentRules(content) }

    /// The kernel refuses every change with `EROFS` before it asks us.
    public var isReadOnly: Bool { kernelOptions.contains("ro") }
}
