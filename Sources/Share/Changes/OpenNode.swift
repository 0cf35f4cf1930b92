public import Model
public import Platform

/// A file reached through what has it open, whatever its path means by now: it may have lost its last name.
///
/// Its methods block, so they take a lane.
public struct OpenNode: Sendable {
    private enum Holder: Sendable {
        case handle(ShareHandle)
        case file(ShareFile)
    }

    private let holder: Holder

    public init(_ handle: ShareHandle) {
        holder = .handle(handle)
    }

    /// - Parameter file: stays open without a name: ``ShareFile/pin(_:)``.
    public init(_ file: ShareFile) {
        holder = .file(file)
    }

    private func reach<Value>(
        _ lane: ShareLane, _ body: (Int32) throws(Errno) -> Value
    ) throws(Errno) -> Value {
        let descriptor =
            switch holder {
            case .handle(let handle): handle.descriptor
            case .file(let file): try file.readable(lane)
            }
        return try lane.share.measured { () throws(Errno) in try descriptor.withRawValue(body) }
    }

    /// - Parameter writable: what the caller has open for writing: it may be shortened whatever the file's mode says by now.
    /// - Returns: the attributes after the change.
    public func setAttributes(
        _ lane: ShareLane, _ changes: AttributeChanges, for authority: Authority
    ) throws(Errno) -> FileAttributes {
        try setAttributes(lane, changes, writable: nil, for: authority)
    }

    func setAttributes(
        _ lane: ShareLane, _ changes: AttributeChanges, writable: DescriptorReference?,
        for authority: Authority
    ) throws(Errno) -> FileAttributes {
        defer { withExtendedLifetime(writable) {} }
        let needed = { (found: FileAttributes) in
            ShareLane.neededRights(changes, authority, found, isWritable: writable != nil)
        }
        return try reach(lane, authority, needed) { (raw, found) throws(Errno) in
            try lane.change(raw, found, changes, authority, writable: writable?.rawValue)
        }
    }

    /// With the rights that the caller has on the file as it is now.
    private func reach<Value>(
        _ lane: ShareLane, _ authority: Authority,
        _ needed: (FileAttributes) -> [NeededRight],
        _ body: (Int32, FileAttributes?) throws(Errno) -> Value
    ) throws(Errno) -> Value {
        try reach(lane) { (raw) throws(Errno) in
            guard authority.user != nil else { return try body(raw, nil) }
            let found = try lane.share.attributes(of: raw)
            try lane.authorize(authority, needed(found), found, raw)
            return try body(raw, found)
        }
    }

    public func extendedAttribute(_ lane: ShareLane, _ name: Name) throws(Errno) -> [UInt8] {
        try reach(lane) { (raw) throws(Errno) in
            try lane.share.onBehalfOfOwner(of: raw) { () throws(Errno) in
                try lane.share.extendedAttribute(name, of: raw)
            }
        }
    }

    public func extendedAttributeNames(_ lane: ShareLane) throws(Errno) -> [UInt8] {
        try reach(lane) { (raw) throws(Errno) in
            try FileCalls.extendedAttributeNames(ofPath: FileCalls.path(of: raw))
        }
    }

    public func setExtendedAttribute(
        _ lane: ShareLane, _ name: Name, to value: [UInt8], flags: Int32, for authority: Authority
    ) throws(Errno) {
        try reach(lane, authority, { _ in ShareLane.neededRights(name) }) {
            (raw, _) throws(Errno) in
            try lane.act(authority) { () throws(Errno) in
                try FileCalls.setExtendedAttribute(of: raw, name, to: value, flags: flags)
            }
        }
    }

    public func removeExtendedAttribute(
        _ lane: ShareLane, _ name: Name, for authority: Authority
    ) throws(Errno) {
        try reach(lane, authority, { _ in ShareLane.neededRights(name) }) {
            (raw, _) throws(Errno) in
            try lane.act(authority) { () throws(Errno) in
                try FileCalls.removeExtendedAttribute(of: raw, name)
            }
        }
    }
}
