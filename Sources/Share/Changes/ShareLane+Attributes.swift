public import Model
public import Platform

/// What is said of files and folders, and set of them.
extension ShareLane {
    /// Whether a name leads to a file that is open; nil where that cannot be told, or asking would only be waiting.
    public func leads(_ location: ShareLocation, to file: ShareFile) -> Bool? {
        guard share.scheduler.isReachable else { return nil }
        do throws(Errno) {
            let open = try file.readable(self).withRawValue(share.attributes(ofOpen:))
            guard let found = try share.attributesNow(at: location) else { return false }
            return found.device == open.device && found.inode == open.inode
        } catch {
            return nil
        }
    }

    /// Attributes of what is open, as the share's client has them.
    public func attributes(
        ofOpen descriptor: DescriptorReference
    ) throws(Errno) -> FileAttributes {
        try descriptor.withRawValue(share.attributes(ofOpen:))
    }

    public func attributes(_ location: ShareLocation) throws(Errno) -> FileAttributes {
        try share.attributes(at: location)
    }

    /// - Parameter handle: an open file of the same node, if the caller has one: what it allows needs no rights.
    /// - Returns: the attributes after the change.
    public func setAttributes(
        _ location: ShareLocation, _ changes: AttributeChanges, through handle: ShareHandle?,
        for authority: Authority
    ) throws(Errno) -> FileAttributes {
        try share.measured { () throws(Errno) in
            let writable = handle.flatMap { $0.isWritable ? $0.descriptor : nil }
            defer { withExtendedLifetime(writable) {} }
            return try withNode(
                location, authority,
                needing: {
                    Self.neededRights(changes, authority, $0, isWritable: writable != nil)
                }
            ) { (node, found) throws(Errno) in
                try change(node, found, changes, authority, writable: writable?.rawValue)
            }
        }
    }

    /// - Parameter found: of `node` before the change; nil where nobody asked.
    func change(
        _ node: Int32, _ found: FileAttributes?, _ changes: AttributeChanges,
        _ authority: Authority, writable: Int32?
    ) throws(Errno) -> FileAttributes {
        var changes = changes
        if let found, let mode = changes.mode, Self.isOfTheKernel(mode, authority, found) {
            try share.onBehalfOfOwner(of: node) { () throws(Errno) in
                try FileCalls.setMode(of: node, mode)
            }
            changes.mode = nil
        }
        // Times that come with a descriptor are of the kernel as well, see ``neededRights(_:_:_:isWritable:)``.
        let times = (changes.accessed, changes.modified)
        if writable != nil { (changes.accessed, changes.modified) = (.omit, .omit) }
        let setGroupID: UInt32 = 0o2000
        if let found, let user = authority.user, let mode = changes.mode, !share.decides,
            !found.isDirectory, mode & setGroupID != 0, !user.isMember(of: found.groupID),
            !user.has(.keepSetID)
        {
            // The kernel has seen to that, by the group that it knew.
            changes.mode = mode & ~setGroupID
        }
        let rest = changes
        try act(authority) { () throws(Errno) in
            try FileCalls.apply(rest, to: node, writable: writable)
        }
        if writable != nil, times != (.omit, .omit) {
            try share.onBehalfOfOwner(of: node) { () throws(Errno) in
                try FileCalls.setTimes(of: node, accessed: times.0, modified: times.1)
            }
        }
        return try share.attributes(ofOpen: node)
    }

    /// Whether a change of mode is the kernel's own doing, when somebody else than its owner writes to a file: it takes
    /// set-user-id and set-group-id bits away, which needs no right. Who does not write to it has called chmod(2), which the kernel let
    /// through by an owner that the file has no more.
    private static func isOfTheKernel(
        _ mode: UInt32, _ authority: Authority, _ before: FileAttributes
    ) -> Bool {
        guard let user = authority.user, authority.isWriting, !user.owns(before) else {
            return false
        }
        let setID: UInt32 = 0o6000
        return (mode ^ before.mode) & 0o7777 & ~setID == 0 && mode & setID & ~before.mode == 0
    }

    /// - Parameters:
    ///   - found: of the file before the change.
    ///   - isWritable: the caller has it open for writing.
    static func neededRights(
        _ changes: AttributeChanges, _ authority: Authority, _ found: FileAttributes,
        isWritable: Bool
    ) -> [NeededRight] {
        var needed: [NeededRight] = []
        if changes.userID != nil || changes.groupID != nil {
            needed.append(.change(userID: changes.userID, groupID: changes.groupID))
        }
        if changes.size != nil, !isWritable { needed.append(.access(.write)) }
        switch (changes.accessed, changes.modified) {
        case (.omit, .omit): break
        // The kernel sends what it noted when pages were stored through mmap(2); programs come without their descriptor.
        case _ where isWritable: break
        case (.now, .now): needed.append(.touch)
        default: needed.append(.ownership)
        }
        if let mode = changes.mode, !isOfTheKernel(mode, authority, found) {
            needed.append(.ownership)
        }
        return needed
    }

    public func setExtendedAttribute(
        _ location: ShareLocation, _ attribute: Name, to value: [UInt8], flags: Int32,
        for authority: Authority
    ) throws(Errno) {
        try share.measured { () throws(Errno) in
            try withNode(location, authority, needing: { _ in Self.neededRights(attribute) }) {
                (node, _) throws(Errno) in
                try act(authority) { () throws(Errno) in
                    try FileCalls.setExtendedAttribute(
                        of: node, attribute, to: value, flags: flags)
                }
            }
        }
    }

    public func removeExtendedAttribute(
        _ location: ShareLocation, _ attribute: Name, for authority: Authority
    ) throws(Errno) {
        try share.measured { () throws(Errno) in
            try withNode(location, authority, needing: { _ in Self.neededRights(attribute) }) {
                (node, _) throws(Errno) in
                try act(authority) { () throws(Errno) in
                    try FileCalls.removeExtendedAttribute(of: node, attribute)
                }
            }
        }
    }

    /// Of xattr(7). Who may touch the other name spaces is told by capabilities, which the kernel has seen.
    static func neededRights(_ attribute: Name) -> [NeededRight] {
        if attribute.bytes.starts(with: "user.".utf8) { return [.access(.write)] }
        if attribute.bytes.starts(with: "system.".utf8) { return [.ownership] }
        return []
    }
}
