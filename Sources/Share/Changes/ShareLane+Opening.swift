public import Model
public import Platform

/// Files that are opened, by a name.
extension ShareLane {
    /// Opens a file that is there. `O_NONBLOCK` is added, so that a file replaced by a FIFO cannot hold the lane.
    ///
    /// - Parameter inode: of the file that is meant, by which it is known again when the server forgot it.
    /// - Throws: `ESTALE` when another one has the place.
    public func open(
        _ location: ShareLocation, _ flags: OpenFlags, inode: UInt64, for authority: Authority
    ) throws(Errno) -> ShareHandle {
        try share.measured { () throws(Errno) in
            let hold = OpenPaths.Hold()
            let opened = try open(location, ShareHandle.sharedFlags(flags), hold, for: authority)
            return ShareHandle(share, opened, hold, at: location, flags: flags, inode: inode)
        }
    }

    func open(
        _ location: ShareLocation, _ flags: OpenFlags, _ hold: OpenPaths.Hold,
        for authority: Authority
    ) throws(Errno) -> DescriptorReference {
        guard location.isGuarded else {
            return try share.withParent(of: location) { (parent, name) throws(Errno) in
                DescriptorReference(
                    try FileCalls.open(
                        beneath: parent, name.bytes, flags.union([.noFollow, .nonBlocking])),
                    keeping: share.companions(at: location.path, hold, authority.companion))
            }
        }
        let access = Self.access(flags)
        return try withNode(
            location, authority, needing: { _ in [.access(access)] }, refreshing: false
        ) {
            (node, found) throws(Errno) in
            // A device does things when it is opened.
            guard found?.isRegular == true else { throw .stale }
            // Nothing is cut off before it is sure which file it is.
            let first = share.nature.keepsFiles ? flags : flags.subtracting(.truncate)
            let opened = try act(authority) { () throws(Errno) in
                DescriptorReference(
                    try FileCalls.reopen(node, first.union(.nonBlocking)),
                    keeping: share.companions(at: location.path, hold, authority.companion))
            }
            guard !share.nature.keepsFiles else { return opened }
            let now = try share.attributes(of: opened)
            try verify(now, location, authority)
            try opened.withRawValue { (raw) throws(Errno) in
                try authorize(authority, [.access(access)], now, raw)
            }
            if flags.contains(.truncate) {
                try opened.withRawValue { (raw) throws(Errno) in
                    // O_TRUNC works with O_RDONLY too, ftruncate(2) does not.
                    guard flags.accessMode == .readOnly else {
                        return try FileCalls.setSize(ofOpen: raw, 0)
                    }
                    try act(authority) { () throws(Errno) in try FileCalls.setSize(of: raw, 0) }
                }
            }
            return opened
        }
    }

    private static func access(_ flags: OpenFlags) -> Credentials.Access {
        var access: Credentials.Access =
            switch flags.accessMode {
            case .readOnly: .read
            case .writeOnly: .write
            default: [.read, .write]
            }
        if flags.contains(.truncate) { access.insert(.write) }
        return access
    }

    /// Asks the share whether root may read the file or the folder that lies there, by way of all the folders above it.
    ///
    /// - Throws: what it says.
    public func requireGrantedToRoot(_ location: ShareLocation) throws(Errno) {
        try share.measured { () throws(Errno) in
            let root = try share.directory(at: ShareLocation(RelativePath()))
            let path = location.path.components.isEmpty ? [0x2E] : location.path.bytes
            let found = try root.withRawValue { (root) throws(Errno) in
                let opened = try FileCalls.open(beneath: root, path, [.readOnly, .noFollow])
                return try share.attributes(of: opened.rawValue)
            }
            try verify(found, location, .daemon)
        }
        share.noteGrantedToRoot()
    }

    /// Makes what was done to a folder's names durable.
    public func synchronizeDirectory(
        _ location: ShareLocation, dataOnly: Bool
    ) throws(Errno) {
        try share.measured { () throws(Errno) in
            let folder = try share.directory(at: location)
            try folder.withRawValue { (directory) throws(Errno) in
                let readable = try share.onBehalfOfOwner(of: directory) { () throws(Errno) in
                    try FileCalls.reopen(directory, [.readOnly, .directory])
                }
                try FileCalls.synchronize(readable.rawValue, dataOnly: dataOnly)
            }
        }
    }
}
