/// An option of `larder mount -o`, as the help text and the error messages show it.
struct MountOption {
    var name: String
    /// How its value looks; nil for a switch.
    var value: String?
    var summary: String

    var usage: String { value.map { "\(name)=\($0)" } ?? name }

    /// Ours, in the order of the help text.
    static let own: [MountOption] = [
        MountOption(
            name: "cache", value: "DIR",
            summary: "where the disk cache lives (root: /var/cache/larder,"
                + " others: ~/.cache/larder)"),
        MountOption(name: "memory", value: "SIZE", summary: "RAM for cached chunks (512M)"),
        MountOption(
            name: "disk", value: "SIZE", summary: "disk space for the cache; 0 for none (5G)"),
        MountOption(
            name: "readahead", value: "SIZE",
            summary: "largest window read ahead of a stream; 0 for none (32M)"),
        MountOption(
            name: "strategy", value: "auto|aggressive|balanced|conservative",
            summary: "how boldly to read ahead; auto: as it pays (auto)"),
        MountOption(
            name: "bandwidth", value: "[HH:MM-HH:MM=]RATE;…",
            summary: "at most so much read ahead per second, at these hours (no limit)"),
        MountOption(
            name: "consistency", value: "eventual|strict",
            summary: "answer from the cache and check behind it, or ask first (eventual)"),
        MountOption(
            name: "propagation", value: "TIME",
            summary: "after this, an entry is checked behind the reader's back (5s)"),
        MountOption(
            name: "ttl", value: "TIME",
            summary: "after this, attributes and listings are asked for anew (300s)"),
        MountOption(
            name: "timeout", value: "TIME",
            summary: "how long the share may take for one request (30s)"),
        MountOption(
            name: "lanes", value: "NUMBER", summary: "requests to the share at a time (16)"),
        MountOption(name: "allow_other", summary: "let other users use the view"),
        MountOption(
            name: "uid", value: "NUMBER",
            summary: "everything in the view is this user's (as on the share)"),
        MountOption(
            name: "gid", value: "NUMBER",
            summary: "everything in the view is this group's (as on the share)"),
        MountOption(
            name: "umask", value: "OCTAL",
            summary: "everything in the view has mode 777 less these bits (as on the share)"),
        MountOption(
            name: "force", summary: "take the share although it looks like an unmounted mountpoint"),
        MountOption(
            name: "log", value: "error|warning|info|debug", summary: "what is logged (info)"),
        MountOption(
            name: "logfile", value: "FILE",
            summary: "log of a background mount (beside its control socket)"),
    ]

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
