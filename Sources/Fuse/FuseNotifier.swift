public import Model

/// Whom a file system tells what to forget: the kernel, by way of a ``FuseSession``; or whoever plays it.
///
/// Never from within an operation on the same node, parent or child, and never while holding a lock that an
/// operation needs: the kernel may wait for those first. `ENOENT`, the kernel did not know it anyway, is thrown
/// like every error.
public protocol FuseNotifier: AnyObject, Sendable {
    /// Drops attributes, and the cached pages that touch the range.
    ///
    /// - Parameters:
    ///   - offset: negative for attributes alone.
    ///   - length: bytes; 0 reaches to the end.
    func notifyInvalidateInode(node: UInt64, offset: Int64, length: Int64) throws(Errno)

    /// Drops what is known of a name, also that it does not exist.
    func notifyInvalidateEntry(parent: UInt64, name: Name) throws(Errno)

    /// Makes the kernel forget those of the nodes that no program uses: what it forgets comes back as `forget`. Waits for no
    /// operation.
    ///
    /// - Throws: `EINVAL` before Linux 6.18.
    func notifyPrune(nodes: [UInt64]) throws(Errno)
}
