public import Model

import CLinux

/// A pipe by its two ends, each closed on exec and when it is let go of.
public struct Pipe: Sendable {
    public let reading: DescriptorReference
    /// nil once closed: the reader sees the end only when every writer has gone.
    public private(set) var writing: DescriptorReference?

    public init() throws(Errno) {
        var ends: [Int32] = [-1, -1]
        _ = try systemCall { larder_pipe(&ends) }
        reading = DescriptorReference(FileDescriptor(owning: ends[0]))
        writing = DescriptorReference(FileDescriptor(owning: ends[1]))
    }

    public mutating func closeWriting() {
        writing = nil
    }
}
