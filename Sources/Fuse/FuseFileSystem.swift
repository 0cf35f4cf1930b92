public import Model
public import Platform

/// A file system as the kernel talks to it: nodes by number, one method per operation.
///
/// Methods run on libfuse's threads, several at once, and must not block on anything slow: they keep the
/// request and return; whoever has the answer replies, on any thread. Only some of the threads at once may wait for a
/// local disk. A node id is 1 for the root and else
/// what an entry reply gave; it stays in use until `forget` brought its lookup count to zero. Handles are
/// what an open reply gave.
///
/// What is not implemented answers `ENOSYS`; groups that ``features`` does not declare are never called.
public protocol FuseFileSystem: AnyObject, Sendable {
    /// Asked once, before mounting.
    var features: FuseFeatures { get }

    /// The first call after mounting, before any other.
    func initialize(_ connection: inout FuseConnection)
    /// The last: the loop has ended. Requests that are still unanswered may be answered, or let go.
    func destroy()

    func lookup(_ request: FuseRequest, parent: UInt64, name: Name)
    /// `count` lookups less. All nodes count as forgotten at unmount, without calls.
    func forget(node: UInt64, count: UInt64)
    /// - Parameter handle: the open file through which `fstat` asks, if there is one.
    func getAttributes(_ request: FuseRequest, node: UInt64, handle: UInt64?)
    /// Replies with the attributes after the change.
    func setAttributes(
        _ request: FuseRequest, node: UInt64, changes: AttributeChanges, handle: UInt64?)
    func readLink(_ request: FuseRequest, node: UInt64)
    /// - Parameter mode: type and permission bits.
    func makeNode(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32, device: UInt64)
    func makeDirectory(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32)
    func unlink(_ request: FuseRequest, parent: UInt64, name: Name)
    func removeDirectory(_ request: FuseRequest, parent: UInt64, name: Name)
    func makeSymbolicLink(_ request: FuseRequest, target: [UInt8], parent: UInt64, name: Name)
    /// - Parameter flags: `RENAME_NOREPLACE`, `RENAME_EXCHANGE` or 0.
    func rename(
        _ request: FuseRequest, parent: UInt64, name: Name, newParent: UInt64, newName: Name,
        flags: UInt32)
    func link(_ request: FuseRequest, node: UInt64, newParent: UInt64, newName: Name)

    /// - Parameter flags: of `open(2)`, without `O_CREAT`, `O_EXCL` and `O_NOCTTY`.
    func open(_ request: FuseRequest, node: UInt64, flags: Int32)
    func create(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32, flags: Int32)
    /// Replies with `size` bytes, fewer only at the end of the file.
    func read(_ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int)
    /// - Parameters:
    ///   - bytes: valid during the call only.
    ///   - flags: of the open file as they are now: `fcntl(2)` may have set or cleared `O_APPEND`.
    ///   - fromCache: a page that was written through `mmap`; `handle` is any writable open file of the node
    ///     then, and the caller unknown.
    func write(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64,
        bytes: UnsafeRawBufferPointer, flags: Int32, fromCache: Bool)
    /// One of the descriptors of an open file was closed; POSIX locks of `lockOwner` go.
    func flush(_ request: FuseRequest, node: UInt64, handle: UInt64, lockOwner: UInt64)
    /// The last descriptor was closed. Nobody waits for the answer.
    ///
    /// - Parameter lockOwner: whose `flock` locks go, if there may be some.
    func release(
        _ request: FuseRequest, node: UInt64, handle: UInt64, flags: Int32, lockOwner: UInt64?)
    func synchronize(_ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool)

    func openDirectory(_ request: FuseRequest, node: UInt64, flags: Int32)
    /// - Parameters:
    ///   - offset: 0, or what an entry of this listing gave as its `nextOffset`.
    ///   - size: bytes of the reply, at most.
    ///   - plus: attributes are wanted along with the names.
    func readDirectory(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int, plus: Bool)
    func releaseDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64)
    func synchronizeDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool)

    func statistics(_ request: FuseRequest, node: UInt64)
    /// - Parameter mask: `R_OK`, `W_OK`, `X_OK`, or 0 for existence.
    func access(_ request: FuseRequest, node: UInt64, mask: Int32)

    /// - Parameter flags: `XATTR_CREATE`, `XATTR_REPLACE` or 0.
    func setExtendedAttribute(
        _ request: FuseRequest, node: UInt64, name: Name, value: [UInt8], flags: Int32)
    /// - Parameter size: 0 asks for the size of the value; a value larger than `size` is `ERANGE`.
    func getExtendedAttribute(_ request: FuseRequest, node: UInt64, name: Name, size: Int)
    /// Names, each with a NUL behind it; `size` as in ``getExtendedAttribute(_:node:name:size:)``.
    func listExtendedAttributes(_ request: FuseRequest, node: UInt64, size: Int)
    func removeExtendedAttribute(_ request: FuseRequest, node: UInt64, name: Name)

    func getLock(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, lock: FuseLock)
    /// - Parameter wait: `F_SETLKW`: reply only when the lock is had.
    func setLock(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, lock: FuseLock,
        wait: Bool)
    /// - Parameter operation: of `flock(2)`.
    func lockFile(
        _ request: FuseRequest, node: UInt64, handle: UInt64, owner: UInt64, operation: Int32)
    /// - Parameter mode: of `fallocate(2)`.
    func allocate(
        _ request: FuseRequest, node: UInt64, handle: UInt64, mode: Int32, offset: Int64,
        length: Int64)
    func seek(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, whence: SeekWhence)
    func copyRange(
        _ request: FuseRequest, from source: FusePosition, to target: FusePosition, length: Int)
}
