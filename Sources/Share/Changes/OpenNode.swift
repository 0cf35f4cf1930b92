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

    /// - Returns: the attributes after the change.
    public func setAttributes(
        _ lane: ShareLane, _ changes: AttributeChanges
    ) throws(Errno) -> FileAttributes {
        try reach(lane) { (raw) throws(Errno) in
            try FileCalls.apply(changes, to: raw)
            return try FileCalls.attributes(of: raw)
        }
    }

    public func extendedAttribute(_ lane: ShareLane, _ name: Name) throws(Errno) -> [UInt8] {
        try reach(lane) { (raw) throws(Errno) in
            try FileCalls.extendedAttribute(ofPath: FileCalls.path(of: raw), name)
        }
    }

    public func extendedAttributeNames(_ lane: ShareLane) throws(Errno) -> [UInt8] {
        try reach(lane) { (raw) throws(Errno) in
            try FileCalls.extendedAttributeNames(ofPath: FileCalls.path(of: raw))
        }
    }

    public func setExtendedAttribute(
        _ lane: ShareLane, _ name: Name, to value: [UInt8], flags: Int32
    ) throws(Errno) {
        try reach(lane) { (raw) throws(Errno) in
            try FileCalls.setExtendedAttribute(of: raw, name, to: value, flags: flags)
        }
    }

    public func removeExtendedAttribute(_ lane: ShareLane, _ name: Name) throws(Errno) {
        try reach(lane) { (raw) throws(Errno) in
            try FileCalls.removeExtendedAttribute(of: raw, name)
        }
    }
}
