import Model
import Platform
import Share

/// A share that is not there, of which something is cached: its view is mounted all the same.
struct AbsentShare: Equatable, Sendable {
    /// How long a share that is known may take before its view comes up without it; it is taken in when it answers.
    static let patience = Duration.seconds(3)

    var known: KnownShare
    /// See ``ShareAbsence``.
    var reason: String

    /// Whether an error says that the share cannot be reached, and not that it is something else or somebody else's.
    static func isAway(_ error: Errno) -> Bool {
        switch error {
        case .notDirectory, .accessDenied, .notPermitted, .symlinkLoop, .nameTooLong, .invalid,
            .tooManyOpenFiles, .outOfMemory:
            false
        default: true
        }
    }

    /// Of a share that is not to be asked.
    static let byRequest = "by request"

    static func reason(_ error: Errno) -> String {
        switch error {
        case .noSuchFile: "its folder does not exist"
        case .timedOut: "it does not answer"
        default: error.message
        }
    }
}

/// Where a share lies, whether it is there or not.
struct SharePlace {
    /// Canonical.
    var path: String
    /// nil where it is not there.
    var probe: DirectoryProbe?
    var absent: AbsentShare?

    init(_ probe: DirectoryProbe) {
        path = probe.path
        self.probe = probe
    }

    init(_ absent: AbsentShare) {
        path = absent.known.path
        self.absent = absent
    }

    func isSame(as directory: DirectoryProbe) -> Bool {
        probe.map { $0.identity == directory.identity } ?? (path == directory.path)
    }

    /// Where it is not there, by its path alone.
    func holds(_ directory: DirectoryProbe) -> Bool {
        probe.map { directory.lies(in: $0) }
            ?? MountTable.isPrefix(Array(path.utf8), of: Array(directory.path.utf8))
    }

    func lies(in directory: DirectoryProbe) -> Bool {
        probe.map { $0.lies(in: directory) }
            ?? MountTable.isPrefix(Array(directory.path.utf8), of: Array(path.utf8))
    }
}

extension KnownShare {
    /// By the mount that it has now, if it is there; nil where another share has been mounted in its place.
    func asMounted(_ table: MountTable) -> KnownShare? {
        guard let found = table.entry(containing: Array(path.utf8)) else { return self }
        switch Self.place(found, of: mount) {
        case .another: return nil
        case .nothing: return self
        case .itself:
            var current = self
            current.mount = found
            return current
        }
    }
}

extension MountPreflight {
    /// Where the share lies that is not to be asked.
    ///
    /// - Parameter known: what is cached of it.
    func placeByRequest(_ known: KnownShare?) throws(MountFailure) -> SharePlace {
        guard let known else {
            throw MountFailure(
                "nothing is cached of the share \(configuration.sharePath), which offline=yes would show:"
                    + " mount it without that once, while it is there")
        }
        return SharePlace(AbsentShare(known: known, reason: AbsentShare.byRequest))
    }

    /// A share that is not there, where the view may do without.
    func place(ofAbsent absent: AbsentShare) throws(MountFailure) -> SharePlace {
        guard configuration.offline != .no else {
            throw MountFailure(
                "the share \(configuration.sharePath) is not there (\(absent.reason)): mount it first;"
                    + " with offline=auto what is cached of it would be shown")
        }
        return SharePlace(absent)
    }

    /// What is cached of the share that was named, where it can be told without asking it.
    ///
    /// - Parameter place: of the share.
    func knownShare(at place: UnaskedPlace?) -> KnownShare? {
        guard let place else { return nil }
        return knownShare(at: place.path)?.asMounted(place.table)
    }

    /// Where the share lies, as far as nothing has to be asked that may hang.
    struct UnaskedPlace {
        /// Canonical to there.
        var path: String
        var table: MountTable
    }

    func placeOfShare() -> UnaskedPlace? {
        guard let table = try? host.mountTable() else { return nil }
        let path = RealPath.resolve(configuration.sharePath) { place in
            guard let entry = table.entry(at: place) else { return false }
            return entry.isAutomountPoint || FileSystemFamily(type: entry.fileSystemType).mayHang
        }
        return path.map { UnaskedPlace(path: String(decoding: $0, as: UTF8.self), table: table) }
    }

    /// Has a share mounted that an automounter brings to whoever looks into its place. This process may be of a group that
    /// automounters let by, as it is where systemd starts it for a line of fstab.
    func callAutomounter(at place: UnaskedPlace?, patience: Duration) throws(Errno) {
        guard let place,
            place.table.entry(containing: Array(place.path.utf8))?.isAutomountPoint == true
        else { return }
        try host.lookInto(place.path, patience)
    }

    func knownShare(at path: String) -> KnownShare? {
        guard configuration.diskLimit.bytes > 0, let usual = host.defaultCacheDirectory,
            let here = try? RealPath.workingDirectory()
        else { return nil }
        let cache = configuration.cacheDirectory
        let base = RealPath.lexical(cache.isEmpty ? usual : cache, from: here)
        // The cache's disk may hang as well.
        let found = withDeadline(Self.viewTime, thread: "probe") { [host] in
            host.knownShare(base, path)
        }
        return found ?? nil
    }

    /// Whether what lies at the share's path is the folder below its mount, which is not there. What is in it does not matter:
    /// it is not the share.
    func absence(of probe: DirectoryProbe) throws(MountFailure) -> AbsentShare? {
        guard !configuration.force, let known = knownShare(at: probe.path),
            let found = try? host.mountTable().entry(containing: Array(probe.path.utf8)),
            KnownShare.place(found, of: known.mount) == .nothing
        else { return nil }
        let place = String(decoding: known.mount.mountPoint, as: UTF8.self)
        return AbsentShare(known: known, reason: "nothing is mounted at \(place)")
    }
}
