import Glibc
import Model
import Platform
import Synchronization

/// An open file of a client.
final class OpenFile: Sendable {
    let descriptor: DescriptorReference
    /// For pages written through `mmap`, where `descriptor` would append them instead; else the same.
    let unappended: DescriptorReference
    /// Something was written since the last `flush`.
    let isDirty = Atomic<Bool>(false)
    /// Something was written since it was opened.
    let isWritten = Atomic<Bool>(false)

    /// - Parameters:
    ///   - node: an `O_PATH` descriptor.
    ///   - flags: of `open(2)`, as the client gave them.
    convenience init(_ node: Int32, flags: Int32) throws(Errno) {
        // O_DIRECT stops at the mount, where the kernel goes past its page cache: the directory below may want
        // alignments that a network does not.
        let flags = OpenFlags(rawValue: flags).subtracting([
            .create, .exclusive, .noFollow, .direct,
        ])
        self.init(node, try FileCalls.reopen(node, flags), flags: flags.rawValue)
    }

    /// - Parameter descriptor: opened with `flags`.
    init(_ node: Int32, _ descriptor: consuming FileDescriptor, flags: Int32) {
        self.descriptor = DescriptorReference(descriptor)
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
