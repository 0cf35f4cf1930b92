public import Model

/// What is to be changed of a file; nil leaves a field as it is.
public struct AttributeChanges: Hashable, Sendable {
    public typealias Time = TimeChange

    /// Permission bits only.
    public var mode: UInt32?
    public var userID: UInt32?
    public var groupID: UInt32?
    /// Bytes: truncate or extend.
    public var size: Int64?
    public var accessed = Time.omit
    public var modified = Time.omit

    public init() {}
}

extension FileCalls {
    /// Does all that is wanted, in the order in which the kernel does it.
    ///
    /// - Parameters:
    ///   - node: an `O_PATH` descriptor, of any kind of file.
    ///   - writable: a descriptor open for writing, if there is one: it may be shortened whatever the file's mode
    ///     says by now.
    public static func apply(
        _ changes: AttributeChanges, to node: Int32, writable: Int32? = nil
    ) throws(Errno) {
        if changes.userID != nil || changes.groupID != nil {
            try setOwner(of: node, user: changes.userID, group: changes.groupID)
        }
        // After the owner, whose change clears set-user-id bits.
        if let mode = changes.mode { try setMode(of: node, mode) }
        if let size = changes.size {
            if let writable {
                try setSize(ofOpen: writable, size)
            } else {
                try setSize(of: node, size)
            }
        }
        if changes.accessed != .omit || changes.modified != .omit {
            try setTimes(of: node, accessed: changes.accessed, modified: changes.modified)
        }
    }
}
