public import Model
public import Platform

/// Every operation answers `ENOSYS` until a file system has its own.
extension FuseFileSystem {
    public var features: FuseFeatures { [] }
    public func initialize(_ connection: inout FuseConnection) {}
    public func destroy() {}
    public func forget(node: UInt64, count: UInt64) {}

    public func lookup(_ request: FuseRequest, parent: UInt64, name: Name) {
        request.reply(error: .notImplemented)
    }

    public func getAttributes(_ request: FuseRequest, node: UInt64, handle: UInt64?) {
        request.reply(error: .notImplemented)
    }

    public func setAttributes(
        _ request: FuseRequest, node: UInt64, changes: AttributeChanges, handle: UInt64?
    ) {
        request.reply(error: .notImplemented)
    }

    public func readLink(_ request: FuseRequest, node: UInt64) {
        request.reply(error: .notImplemented)
    }

    public func makeNode(
        _ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32, device: UInt64
    ) {
        request.reply(error: .notImplemented)
    }

    public func makeDirectory(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32) {
        request.reply(error: .notImplemented)
    }

    public func unlink(_ request: FuseRequest, parent: UInt64, name: Name) {
        request.reply(error: .notImplemented)
    }

    public func removeDirectory(_ request: FuseRequest, parent: UInt64, name: Name) {
        request.reply(error: .notImplemented)
    }

    public func makeSymbolicLink(
        _ request: FuseRequest, target: [UInt8], parent: UInt64, name: Name
    ) {
        request.reply(error: .notImplemented)
    }

    public func rename(
        _ request: FuseRequest, parent: UInt64, name: Name, newParent: UInt64, newName: Name,
        flags: UInt32
    ) {
        request.reply(error: .notImplemented)
    }

    public func link(_ request: FuseRequest, node: UInt64, newParent: UInt64, newName: Name) {
        request.reply(error: .notImplemented)
    }

    public func open(_ request: FuseRequest, node: UInt64, flags: Int32) {
        request.reply(error: .notImplemented)
    }

    public func create(
        _ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32, flags: Int32
    ) {
        request.reply(error: .notImplemented)
    }

    public func read(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int
    ) {
        request.reply(error: .notImplemented)
    }

    public func write(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64,
        bytes: UnsafeRawBufferPointer, flags: Int32, fromCache: Bool
    ) {
        request.reply(error: .notImplemented)
    }

    public func flush(_ request: FuseRequest, node: UInt64, handle: UInt64, lockOwner: UInt64) {
        request.reply(error: .notImplemented)
    }

    public func release(
        _ request: FuseRequest, node: UInt64, handle: UInt64, flags: Int32, lockOwner: UInt64?
    ) {
        request.reply(error: .notImplemented)
    }

    public func synchronize(_ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool) {
        request.reply(error: .notImplemented)
    }

    public func openDirectory(_ request: FuseRequest, node: UInt64, flags: Int32) {
        request.reply(error: .notImplemented)
    }

    public func readDirectory(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int, plus: Bool
    ) {
        request.reply(error: .notImplemented)
    }

    public func releaseDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64) {
        request.reply(error: .notImplemented)
    }

    public func synchronizeDirectory(
        _ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool
    ) {
        request.reply(error: .notImplemented)
    }

    public func statistics(_ request: FuseRequest, node: UInt64) {
        request.reply(error: .notImplemented)
    }

    public func access(_ request: FuseRequest, node: UInt64, mask: Int32) {
        request.reply(error: .notImplemented)
    }

    public func setExtendedAttribute(
        _ request: FuseRequest, node: UInt64, name: Name, value: [UInt8], flags: Int32
    ) {
        request.reply(error: .notImplemented)
    }

    public func getExtendedAttribute(_ request: FuseRequest, node: UInt64, name: Name, size: Int) {
        request.reply(error: .notImplemented)
    }

    public func listExtendedAttributes(_ request: FuseRequest, node: UInt64, size: Int) {
        request.reply(error: .notImplemented)
    }

    public func removeExtendedAttribute(_ request: FuseRequest, node: UInt64, name: Name) {
        request.reply(error: .notImplemented)
    }

    public func getLock(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, lock: FuseLock
    ) {
        request.reply(error: .notImplemented)
    }

    public func setLock(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, lock: FuseLock,
        wait: Bool
    ) {
        request.reply(error: .notImplemented)
    }

    public func lockFile(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, operation: Int32
    ) {
        request.reply(error: .notImplemented)
    }

    public func allocate(
        _ request: FuseRequest, node: UInt64, handle: UInt64, mode: Int32, offset: Int64,
        length: Int64
    ) {
        request.reply(error: .notImplemented)
    }

    public func seek(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, whence: SeekWhence
    ) {
        request.reply(error: .notImplemented)
    }

    public func copyRange(
        _ request: FuseRequest, from source: FusePosition, to target: FusePosition, length: Int
    ) {
        request.reply(error: .notImplemented)
    }
}
