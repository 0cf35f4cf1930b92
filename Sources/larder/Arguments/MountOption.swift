import Model

/// What can be said about a mount: the one table behind `-o`, the configuration file, `config show` and the help.
///
/// Defaults are not in it: they are those of ``MountConfiguration``.
struct MountOption: Sendable {
    /// A section of the configuration file.
    enum Section: String, CaseIterable, Sendable {
        case tiers
        case storage = "tiers.storage"
        case freshness
        case readahead, history, requests, access, kernel, log
        case media = "content.media"
        case metadata = "content.metadata"
        case thumbnail = "content.thumbnail"
        case config = "content.config"
        case userData = "content.user-data"
    }

    enum Place: Sendable {
        case everywhere, commandLine, file
    }

    var name: String
    /// In its section of the file, where that says more than the name has to.
    var fileName: String?
    /// nil: above all sections.
    var section: Section?
    /// How its value looks; nil for a switch.
    var value: String?
    var kind: Kind
    /// Can change while the view is mounted.
    var isLive = false
    var place = Place.everywhere
    var summary: String
    /// For completions, without the default; nil where the summary is brief and names none.
    var brief: String?
    /// Of the words of a choice, where they need it.
    var wordBriefs: [String: String] = [:]

    var usage: String { value.map { "\(name)=\($0)" } ?? name }

    /// With its section, as in messages about a file.
    var path: String { section.map { "\($0.rawValue).\(key)" } ?? key }

    /// Its name in its section of the file.
    var key: String { fileName ?? name }

    /// One line for completions, with the default.
    var briefSummary: String {
        guard let brief else { return summary }
        let standard = value == nil ? nil : text(in: Self.defaults)
        return brief + (standard.map { " (\($0))" } ?? "")
    }

    /// What is so unless somebody says otherwise; of no share, view or cache.
    static let defaults = MountConfiguration(sharePath: "", viewPath: "", cacheDirectory: "")

    /// A disk tier smaller than this is none.
    static let diskMin = ByteCount.mebibytes(64)

    /// In the order of the help text.
    static let all = general + habits + content

    private static let general: [MountOption] = [
        MountOption(
            name: "share", value: "DIR", kind: .path(\.sharePath), place: .file,
            summary: "the slow directory"),
        MountOption(
            name: "view", value: "DIR", kind: .path(\.viewPath), place: .file,
            summary: "the empty directory that shows it"),
        MountOption(
            name: "cache", section: .tiers, value: "DIR", kind: .path(\.cacheDirectory),
            summary: "where the disk cache lives (root: /var/cache/larder,"
                + " others: ~/.cache/larder)",
            brief: "where the disk cache lives"),
        MountOption(
            name: "memory", section: .tiers, value: "SIZE",
            kind: .size(\.memoryLimit, min: .mebibytes(16), orZero: false), isLive: true,
            summary: "RAM for cached chunks (512M)",
            brief: "memory for what is cached"),
        MountOption(
            name: "disk", section: .tiers, value: "SIZE",
            kind: .size(\.diskLimit, min: diskMin, orZero: true), isLive: true,
            summary: "disk space for the cache; 0 for none (5G)",
            brief: "disk space for the cache"),
        MountOption(
            name: "free", section: .tiers, value: "SIZE",
            kind: .size(\.freeSpaceMin, min: .mebibytes(1), orZero: true), isLive: true,
            summary: "so much of the cache's file system stays free (100M)",
            brief: "what stays free where the cache lives"),
        MountOption(
            name: "disk-writes", section: .tiers, value: "SIZE",
            kind: .size(\.diskWritesPerDay, min: .mebibytes(1), orZero: true), isLive: true,
            summary: "written to the cache's disk in a day, at most; 0 for no bound (0)",
            brief: "written to the cache's disk in a day"),
        MountOption(
            name: "disk-ttl", section: .tiers, value: "TIME",
            kind: .time(\.diskTTL, .zero...ageMax), isLive: true,
            summary: "on disk, what nobody asks for again goes after this; 0 for never (0)",
            brief: "on disk, what nobody asks for again goes"),
        MountOption(
            name: "memory-ttl", section: .tiers, value: "TIME",
            kind: .time(\.memoryTTL, .zero...ageMax), isLive: true,
            summary: "in RAM, what nobody asks for again goes after this; 0 for never (0)",
            brief: "in memory, what nobody asks for again goes"),
        MountOption(
            name: "disk-eviction", section: .tiers, value: "lfu-ageing|retention",
            kind: .choice(\.diskEvictionName),
            summary:
                "what goes first from the disk: by use, or by age, priority and use (lfu-ageing)",
            brief: "what goes first from the disk",
            wordBriefs: ["lfu-ageing": "by use", "retention": "by age, priority and use"]),
        MountOption(
            name: "storage", fileName: "path", section: .storage, value: "DIR",
            kind: .path(\.storageDirectory),
            summary: "a larger, slower disk behind the cache's: what that lets go (none)",
            brief: "a larger, slower disk behind the cache's"),
        MountOption(
            name: "storage-size", fileName: "size", section: .storage, value: "SIZE",
            kind: .size(\.storageLimit, min: diskMin, orZero: false), isLive: true,
            summary: "space for that (50G)", brief: "space on the larger, slower disk"),
        MountOption(
            name: "storage-eviction", fileName: "eviction", section: .storage,
            value: "lfu-ageing|retention", kind: .choice(\.storageEvictionName),
            summary: "what goes first from there (lfu-ageing)",
            brief: "what goes first from there",
            wordBriefs: ["lfu-ageing": "by use", "retention": "by age, priority and use"]),
        MountOption(
            name: "storage-ttl", fileName: "time-to-live", section: .storage, value: "TIME",
            kind: .time(\.storageTTL, .zero...ageMax), isLive: true,
            summary: "there, what nobody asks for again goes after this; 0 for never (0)",
            brief: "there, what nobody asks for again goes"),
        MountOption(
            name: "readahead", section: .readahead, value: "SIZE",
            kind: .size(\.readaheadLimit, min: .kibibytes(128), orZero: true), isLive: true,
            summary: "largest window read ahead of a stream; 0 for none (32M)",
            brief: "largest window read ahead of a reader"),
        MountOption(
            name: "strategy", section: .readahead, value: "auto|aggressive|balanced|conservative",
            kind: .choice(\.strategyName), isLive: true,
            summary: "how boldly to read ahead; auto: as it pays (auto)",
            brief: "how boldly to read ahead", wordBriefs: ["auto": "as it pays"]),
        MountOption(
            name: "bandwidth", section: .readahead, value: "[HH:MM-HH:MM=]RATE;…",
            kind: .rates(\.bandwidth), isLive: true,
            summary: "at most so much read ahead per second, at these hours (no limit)",
            brief: "at most so much read ahead per second"),
        MountOption(
            name: "catalogue", section: .readahead, value: "auto|on|off",
            kind: .choice(\.catalogueName), isLive: true,
            summary: "list all folders in the background; auto: up to 200,000 names (auto)",
            brief: "list all folders in the background",
            wordBriefs: ["auto": "up to 200,000 names"]),
        MountOption(
            name: "catalogue-rate", section: .readahead, value: "NUMBER",
            kind: .count(\.catalogueRate, 0...1_000_000), isLive: true,
            summary: "folders listed so per second, at most; 0 for no bound (0)",
            brief: "folders listed so per second"),
        MountOption(
            name: "consistency", section: .freshness, value: "eventual|strict",
            kind: .choice(\.consistencyName),
            summary: "answer from the cache and check behind it, or ask first (eventual)",
            brief: "from the cache, or ask the share first",
            wordBriefs: [
                "eventual": "from the cache, checked behind it", "strict": "ask the share first",
            ]),
        MountOption(
            name: "propagation", section: .freshness, value: "TIME",
            kind: .time(\.propagationDelay, .zero...ageMax), isLive: true,
            summary: "after this, an entry is checked behind the reader's back (5s)",
            brief: "after this, checked behind the reader's back"),
        MountOption(
            name: "ttl", section: .freshness, value: "TIME",
            kind: .time(\.namespaceTTL, .zero...ageMax), isLive: true,
            summary: "after this, attributes and listings are asked for anew (300s)",
            brief: "after this, asked for anew"),
        MountOption(
            name: "timeout", section: .requests, value: "TIME",
            kind: .time(\.shareDeadline, .seconds(1)...Duration.seconds(3600)), isLive: true,
            summary: "how long the share may take for one request (30s)",
            brief: "how long the share may take"),
        MountOption(
            name: "offline", section: .requests, value: "auto|no|yes",
            kind: .choice(\.offlineName),
            summary:
                "mount without the share, of what is cached; yes: whether it is there or not (auto)",
            brief: "mount without the share",
            wordBriefs: [
                "auto": "where something is cached", "no": "never",
                "yes": "whether it is there or not",
            ]),
        // One lane stays free for readers who wait, so one alone is not enough.
        MountOption(
            name: "lanes", section: .requests, value: "NUMBER", kind: .count(\.lanes, 2...256),
            isLive: true, summary: "requests to the share at a time (16)",
            brief: "requests to the share at a time"),
        MountOption(
            name: "allow_other", section: .access, kind: .flag(\.allowOther),
            summary: "let other users use the view"),
        MountOption(
            name: "rights", section: .access, value: "TIME",
            kind: .time(\.rightsLifetime, .zero...ageMax), isLive: true,
            summary: "with allow_other: after this, owners and modes are asked for anew (60s)",
            brief: "with allow_other, owners and modes asked for anew"),
        MountOption(
            name: "uid", section: .access, value: "NUMBER",
            kind: .identity(\.shownOwner.userID, letter: "-u"),
            summary: "everything in the view is this user's (as on the share)",
            brief: "everything is this user's"),
        MountOption(
            name: "gid", section: .access, value: "NUMBER",
            kind: .identity(\.shownOwner.groupID, letter: "-g"),
            summary: "everything in the view is this group's (as on the share)",
            brief: "everything is this group's"),
        MountOption(
            name: "umask", section: .access, value: "OCTAL", kind: .octal(\.shownOwner.mask),
            summary: "everything in the view has mode 777 less these bits (as on the share)",
            brief: "everything has mode 777 less these bits"),
        MountOption(
            name: "force", kind: .flag(\.force),
            summary: "take the share although it looks like an unmounted mountpoint",
            brief: "take a share that looks unmounted"),
        MountOption(
            name: "log", section: .log, value: "error|warning|info|debug",
            kind: .choice(\.verbosityName), isLive: true, summary: "what is logged (info)",
            brief: "what is logged"),
        MountOption(
            name: "logfile", section: .log, value: "FILE", kind: .path(\.logFile),
            summary: "log of a background mount (beside its control socket)",
            brief: "log of a background mount"),
        MountOption(
            name: "config", value: "FILE", kind: .configurationFile, place: .commandLine,
            summary: "what is not said here is in this file (see `larder config --help`)",
            brief: "what is not said here is in this file"),
        kernelFlag("ro", "refuse every change"),
        kernelFlag("suid", "set-user-ID bits have their effect"),
        kernelFlag("dev", "devices can be opened"),
        kernelFlag("noexec", "programs cannot be started"),
        kernelFlag("noatime", "reading changes no times"),
        kernelFlag("sync", "every change waits for the share"),
        kernelFlag("dirsync", "changes of folders wait for the share"),
    ]

    /// What `-o` takes besides the kernel's own.
    static let own = all.filter { option in
        if case .kernel = option.kind { return false }
        return option.place != .file
    }

    /// What can stand in a configuration file, and be in force.
    static let settings = all.filter { $0.place != .commandLine }

    static func named(_ name: String) -> MountOption? { all.first { $0.name == name } }

    private static func kernelFlag(_ name: String, _ summary: String) -> MountOption {
        MountOption(name: name, section: .kernel, kind: .kernel, summary: summary)
    }

    static let ageMax = Duration.seconds(365 * 86400)

    /// Passed on to the kernel.
    static let kernel: Set<String> = [
        "ro", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "async", "dirsync",
        "noatime",
    ]

    /// For mount(8), systemd and libmount; nothing to do for us.
    static let foreign: Set<String> = [
        "defaults", "auto", "noauto", "user", "nouser", "users", "owner", "group", "nofail",
        "_netdev", "atime", "relatime", "norelatime", "strictatime", "nostrictatime", "lazytime",
        "nolazytime", "diratime", "nodiratime", "iversion", "noiversion", "mand", "nomand",
        "silent",
        "loud", "default_permissions",
    ]

    /// Prefixes of options that carry other programs' notes (mount(8), "x-").
    static let foreignPrefixes = ["x-", "X-", "comment=", "user=", "uhelper=", "helper="]
}

/// Two options are the same when their names in the file are, sections and all.
extension MountOption: Hashable {
    static func == (left: MountOption, right: MountOption) -> Bool { left.path == right.path }
    func hash(into hasher: inout Hasher) { hasher.combine(path) }
}
