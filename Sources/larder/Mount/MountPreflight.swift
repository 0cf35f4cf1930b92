import Glibc
import Model
import Platform
import Share

/// Checks, before anything is started, that a mount can work and hurts nothing.
///
/// Each refusal says what is wrong, which path, and what to do. Checked once more by the kernel
/// when it comes to mounting; what changes in between is found then, with a poorer message.
struct MountPreflight {
    /// What the mount goes on with.
    struct Outcome: Equatable {
        /// With canonical paths.
        var configuration: MountConfiguration
        /// What was done on the way, to be told.
        var notes: [String]
        /// Set where the share is not there, and the view is to show what is cached of it.
        var absent: AbsentShare?
    }

    /// How long the view's place may take to answer; it is local.
    static let viewTime = Duration.seconds(10)
    /// How long the storage tier's disk may, without which it goes as well.
    static let storageTime = Duration.seconds(2)

    let host: MountHost
    var configuration: MountConfiguration
    private var notes: [String] = []

    static func check(
        _ configuration: MountConfiguration, host: MountHost = .current()
    ) throws(MountFailure) -> Outcome {
        var preflight = MountPreflight(host: host, configuration: configuration)
        return try preflight.run()
    }

    private init(host: MountHost, configuration: MountConfiguration) {
        self.host = host
        self.configuration = configuration
    }

    private mutating func run() throws(MountFailure) -> Outcome {
        try checkMemory()
        try checkFuse()
        let share = try checkShare()
        configuration.sharePath = share.path
        if let absent = share.absent {
            notes.append(
                configuration.offline == .yes
                    ? "the share \(share.path) is not asked (offline=yes): what is cached is shown"
                    : "the share \(share.path) is not there (\(absent.reason)): what is cached is shown,"
                        + " and the rest once it comes")
        }
        let view = try checkView(share)
        configuration.viewPath = view.path
        try checkNesting(share, view)
        guard view.isEmpty else {
            throw MountFailure(
                "\(view.path) is not empty, and mounting would hide what is in it:"
                    + " choose an empty directory for the view")
        }
        try checkShareIsMounted(share)
        try checkCache(share, view)
        try checkStorage(share, view)
        return Outcome(configuration: configuration, notes: notes, absent: share.absent)
    }

    private func checkMemory() throws(MountFailure) {
        guard configuration.memoryLimit <= host.physicalMemory else {
            throw MountFailure(
                "memory=\(configuration.memoryLimit) is more than this machine has"
                    + " (\(host.physicalMemory))", kind: .usage)
        }
    }

    // MARK: FUSE

    private func checkFuse() throws(MountFailure) {
        guard exists(host.fuseDevice) else {
            throw MountFailure(
                "\(host.fuseDevice) is missing: load the kernel module (`modprobe fuse`), or give"
                    + " the container the device (`--device /dev/fuse --cap-add SYS_ADMIN`)")
        }
        guard host.userID != 0 else { return }
        guard access(host.fuseDevice, R_OK | W_OK) == 0 else {
            throw MountFailure(
                "\(host.fuseDevice) may not be opened by you (\(Errno(rawValue: errno).message)):"
                    + " everybody may on a usual system; as root, `chmod 666 \(host.fuseDevice)`")
        }
        guard host.fusermount != nil else {
            throw MountFailure(
                "fusermount3 is missing, without which only root can mount:"
                    + " install the package fuse3")
        }
        if configuration.allowOther, !host.userMayAllowOther {
            throw MountFailure(
                "allow_other is not allowed to ordinary users here: root can allow it with a line"
                    + " 'user_allow_other' in \(host.fuseConfiguration)")
        }
    }

    // MARK: Share

    private func checkShare() throws(MountFailure) -> SharePlace {
        let path = configuration.sharePath
        let place = placeOfShare()
        let cached = knownShare(at: place)
        if configuration.offline == .yes { return try placeByRequest(cached) }
        let known = configuration.offline == .no ? nil : cached
        do {
            let deadline = configuration.shareDeadline
            let patience = known == nil ? deadline : min(deadline, AbsentShare.patience)
            try callAutomounter(at: place, patience: patience)
            let probe = try DirectoryProbe.examine(path, limit: patience)
            if let absent = try absence(of: probe) { return try self.place(ofAbsent: absent) }
            return SharePlace(probe)
        } catch let failure as MountFailure {
            throw failure
        } catch {
            let error = error as? Errno ?? .ioError
            if let known, AbsentShare.isAway(error) {
                return SharePlace(AbsentShare(known: known, reason: AbsentShare.reason(error)))
            }
            switch error {
            case .noSuchFile:
                throw MountFailure("the share \(path) does not exist: create or mount it first")
            case .notDirectory:
                throw MountFailure("the share \(path) is not a directory: name the folder it is in")
            case .accessDenied, .notPermitted:
                throw MountFailure(
                    "the share \(path) may not be read by you (\(error.message)):"
                        + " ask its owner, or mount as a user who may")
            case .timedOut:
                throw MountFailure(
                    "the share \(path) did not answer within"
                        + " \(configuration.shareDeadline.text): is the NAS on?"
                        + " (`-o timeout=…` waits longer)")
            default:
                throw MountFailure(
                    "the share \(path) cannot be reached (\(error.message)):"
                        + " see that it works by itself (`ls \(path)`), then try again")
            }
        }
    }

    private func checkShareIsMounted(_ share: SharePlace) throws(MountFailure) {
        guard let probe = share.probe, probe.isEmpty, probe.isOnParentDevice,
            !configuration.force, try mountEntry(at: share.path) == nil,
            // Empty it may be, as long as it is the same.
            knownShare(at: share.path)?.root.inode != probe.identity.inode
        else { return }
        throw MountFailure(
            "the share \(share.path) is empty and nothing is mounted there; it looks like a NAS"
                + " that is not mounted: mount it first, or insist with `-o force`")
    }

    // MARK: View

    private mutating func checkView(_ share: SharePlace) throws(MountFailure) -> DirectoryProbe {
        // By the text first: where something is mounted, it is not asked before we know what it is.
        let place = try? RealPath.resolveParent(configuration.viewPath)
        if let place { try checkNotMounted(place, share) }
        let isAutomountPoint = try place.map { path throws(MountFailure) in
            try mountEntry(at: path)?.isAutomountPoint ?? false
        }
        let view = try examineView(automountPoint: isAutomountPoint == true ? place : nil)
        try checkNotMounted(view.path, share)
        if host.userID != 0, access(view.path, W_OK) != 0 {
            throw MountFailure(
                "\(view.path) may not be written by you, so fusermount3 will not mount there:"
                    + " choose a directory of your own for the view")
        }
        return view
    }

    private func examineView(
        automountPoint: String?
    ) throws(MountFailure) -> DirectoryProbe {
        let path = configuration.viewPath
        do {
            if let automountPoint {
                return try DirectoryProbe.examine(automountPoint: automountPoint)
            }
            return try DirectoryProbe.examine(path, limit: Self.viewTime)
        } catch {
            switch error {
            case .noSuchFile:
                throw MountFailure(
                    "the mountpoint \(path) does not exist: make it with `mkdir -p \(path)`")
            case .notDirectory:
                throw MountFailure(
                    "the mountpoint \(path) is not a directory: choose an empty directory")
            default:
                throw MountFailure(
                    "the mountpoint \(path) cannot be used (\(error.message)):"
                        + " choose another directory")
            }
        }
    }

    /// Refuses a mountpoint in use; takes away a view whose daemon has died. Where an automounter is to have something mounted
    /// (`x-systemd.automount`), it is this mount that it waits for.
    private mutating func checkNotMounted(
        _ path: String, _ share: SharePlace
    ) throws(MountFailure) {
        while let entry = try mountEntry(at: path), !entry.isAutomountPoint {
            let isLarder = entry.fileSystemType == MountConfiguration.fileSystemType
            let state = withDeadline(Self.viewTime, thread: "probe") { () -> Errno? in
                do throws(Errno) {
                    // Not stat: the kernel may remember the attributes of a daemon that has died.
                    let root = try FileCalls.open(path, [.directory, .pathOnly])
                    _ = try FileCalls.fileSystem(of: root.rawValue)
                    return nil
                } catch {
                    return error
                }
            }
            switch state {
            case .some(.some(.notConnected)), .some(.some(.connectionAborted)):
                guard isLarder else {
                    throw MountFailure(
                        "\(path) holds a dead mount of another kind (\(entry.fileSystemType)):"
                            + " take it away first (`fusermount3 -uz \(path)`)")
                }
                try detach(path)
            case .some(.none) where isLarder && entry.source == share.path:
                throw MountFailure(
                    "\(share.path) is mounted at \(path) already;"
                        + " `larder status \(path)` shows it", kind: .alreadyMounted)
            case .none:
                throw MountFailure(
                    "\(path) is mounted already (\(entry.fileSystemType), \(entry.source)) and does"
                        + " not answer: take it away first (`larder unmount --lazy \(path)`)")
            default:
                let command = isLarder ? "larder unmount" : "umount"
                throw MountFailure(
                    "\(path) is mounted already (\(entry.fileSystemType), \(entry.source)):"
                        + " choose another directory, or unmount it first (`\(command) \(path)`)")
            }
        }
    }

    private mutating func detach(_ path: String) throws(MountFailure) {
        do {
            try host.detach(path)
        } catch  where error.code == .nothingToDo {
            // Somebody else took it away in the same moment.
        } catch {
            throw MountFailure(
                "\(path) holds a view whose daemon has died, and it cannot be taken away:"
                    + " \(error.message)")
        }
        notes.append("\(path) held a view whose daemon had died; took it away")
    }

    private func mountEntry(at path: String) throws(MountFailure) -> MountTable.Entry? {
        do {
            return try host.mountTable().entry(at: Array(path.utf8))
        } catch {
            throw MountFailure("cannot read the mount table in /proc (\(error.message))")
        }
    }

    // MARK: Nesting

    private func checkNesting(
        _ share: SharePlace, _ view: DirectoryProbe
    ) throws(MountFailure) {
        if share.isSame(as: view) {
            throw MountFailure(
                "share and view are the same directory (\(share.path)):"
                    + " choose an empty directory elsewhere for the view")
        }
        if share.holds(view) {
            throw MountFailure(
                "the view \(view.path) lies inside the share \(share.path) and would show itself:"
                    + " choose a directory outside")
        }
        if share.lies(in: view) {
            throw MountFailure(
                "the share \(share.path) lies inside the view \(view.path) and would be hidden by"
                    + " it: choose another directory for the view")
        }
    }

    // MARK: Cache

    private mutating func checkCache(
        _ share: SharePlace, _ view: DirectoryProbe
    ) throws(MountFailure) {
        var path = configuration.cacheDirectory
        if path.isEmpty {
            guard let usual = host.defaultCacheDirectory else {
                throw MountFailure(
                    "neither XDG_CACHE_HOME nor HOME says where your cache is: name a directory"
                        + " with `-o cache=DIR`")
            }
            path = usual
        }
        configuration.cacheDirectory = try place(path, "cache", share, view)
    }

    private mutating func checkStorage(
        _ share: SharePlace, _ view: DirectoryProbe
    ) throws(MountFailure) {
        guard !configuration.storageDirectory.isEmpty else { return }
        guard configuration.diskLimit.bytes > 0 else {
            throw MountFailure(
                "storage=\(configuration.storageDirectory) needs a disk tier before it, and disk is 0:"
                    + " give one a size, or leave storage out", kind: .usage)
        }
        // A disk that is not there, or fails, is for the daemon to say, which does without it.
        guard
            let (probe, missing) = try? existingPart(
                of: configuration.storageDirectory, "storage", limit: Self.storageTime)
        else { return }
        try requireApart(probe, configuration.storageDirectory, "storage", share, view)
        configuration.storageDirectory = Self.path(probe, missing)
        let places = [configuration.storageDirectory, configuration.cacheDirectory].map { path in
            (try? FileCalls.attributes(ofPath: path)).map { ($0.device, $0.inode) }
        }
        let isOne = places[0].flatMap { one in places[1].map { $0 == one } } ?? false
        guard !isOne, configuration.storageDirectory != configuration.cacheDirectory else {
            throw MountFailure(
                "cache and storage are both \(configuration.cacheDirectory): choose a directory on"
                    + " another disk with `-o storage=DIR`", kind: .usage)
        }
    }

    /// Where a tier lives, without symbolic links.
    ///
    /// - Parameter option: by which people choose another place; what it is, too.
    private func place(
        _ path: String, _ option: String, _ share: SharePlace, _ view: DirectoryProbe
    ) throws(MountFailure) -> String {
        let (probe, missing) = try existingPart(of: path, option)
        try requireApart(probe, path, option, share, view)
        guard access(probe.path, W_OK | X_OK) == 0 else {
            throw MountFailure(
                "the \(option) \(path) cannot be written (\(Errno(rawValue: errno).message)):"
                    + " choose another directory with `-o \(option)=DIR`")
        }
        return Self.path(probe, missing)
    }

    private static func path(_ probe: DirectoryProbe, _ missing: [String]) -> String {
        let base = probe.path == "/" ? "" : probe.path
        return missing.isEmpty ? probe.path : base + "/" + missing.joined(separator: "/")
    }

    private func requireApart(
        _ probe: DirectoryProbe, _ path: String, _ option: String, _ share: SharePlace,
        _ view: DirectoryProbe
    ) throws(MountFailure) {
        if share.holds(probe) {
            throw MountFailure(
                "the \(option) \(path) lies inside the share \(share.path) and would be as slow as it:"
                    + " choose a directory on a local disk with `-o \(option)=DIR`")
        }
        if probe.lies(in: view) {
            throw MountFailure(
                "the \(option) \(path) lies inside the view \(view.path), which hides it once mounted:"
                    + " choose another directory with `-o \(option)=DIR`")
        }
    }

    /// The nearest directory above `path` that exists (or `path` itself), and what is missing below
    /// it.
    private func existingPart(
        of path: String, _ option: String, limit: Duration = viewTime
    ) throws(MountFailure) -> (DirectoryProbe, missing: [String]) {
        var missing: [String] = []
        let start: String
        do {
            start = RealPath.lexical(path, from: try RealPath.workingDirectory())
        } catch {
            throw MountFailure(
                "the working directory is gone (\(error.message)): change to another")
        }
        var candidate = start
        while true {
            do {
                let probe = try DirectoryProbe.examine(candidate, limit: limit)
                return (probe, missing.reversed())
            } catch {
                let (parent, last) = RealPath.split(candidate)
                switch error {
                case .noSuchFile where !last.isEmpty && !isSymbolicLink(candidate):
                    missing.append(last)
                    candidate = parent
                case .notDirectory:
                    throw MountFailure(
                        "the \(option) \(path) is not a directory: choose one with `-o \(option)=DIR`"
                    )
                default:
                    throw MountFailure(
                        "the \(option) \(path) cannot be used (\(candidate): \(error.message)):"
                            + " choose another directory with `-o \(option)=DIR`")
                }
            }
        }
    }

    private func isSymbolicLink(_ path: String) -> Bool {
        let attributes = try? FileCalls.attributes(at: FileCalls.workingDirectory, Name(path))
        return attributes?.kind == .symbolicLink
    }

    private func exists(_ path: String) -> Bool {
        (try? FileCalls.attributes(ofPath: path)) != nil
    }
}
