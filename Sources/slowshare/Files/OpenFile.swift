import Glibc
import Model
import Platform
import Synchronization

/// An open file of a client.
final class OpenFile: Sendable {
    let descriptor: DescriptorReference
    /// For pages written through `mmap`, where `descriptor` would append them instead; else the same.
    let unappended: DescriptorReference
    /// The client wants no page cache between it and the share.
    let isDirect: Bool
    /// Something was written since the last `flush`.
    let isDirty = Atomic<Bool>(false)

    /// - Parameters:
    ///   - node: an `O_PATH` descriptor.
    ///   - flags: of `open(2)`, as the client gave them.
    convenience init(_ node: Int32, flags: Int32) throws(Errno) {
        let asked = OpenFlags(rawValue: flags)
        // O_DIRECT stops at the mount: the share below may want alignments that a network does not.
        let flags = asked.subtracting([.create, .exclusive, .noFollow, .direct])
        let descriptor = try FileCalls.reopen(node, flags)
        self.init(
            node, descriptor, flags: flags.rawValue, isDirect: asked.contains(.direct))
    }

    /// - Parameter descriptor: opened with `flags`.
    init(_ node: Int32, _ descriptor: consuming FileDescriptor, flags: Int32, isDirect: Bool) {
        self.descriptor = DescriptorReference(descriptor)
        self.isDirect = isDirect
        if flags & O_APPEND != 0, flags & O_ACCMODE != O_RDONLY {
            // A file that was just made may not let its maker open it a second time.
            let flags = OpenFlags(rawValue: flags & O_ACCMODE)
            if let second = try? FileCalls.reopen(node, flags) {
                unappended = DescriptorReference(second)
            } else {
                unappended = self.descriptor
            }
        } else {
            unappended = self.descriptor
        }
    }
}
