/// What besides owner, group and mode decides who may do what with a file.
public enum AccessList: Hashable, Sendable {
    /// Nothing does.
    case none
    case list(AccessControlList)
    /// There is one, of a kind that nobody can read: it lets nobody do anything but the owner.
    case unreadable

    /// - Parameter value: what the attribute holds.
    public init(_ value: [UInt8]) {
        // As the kernel has it, an empty one is none.
        self = value.isEmpty ? .none : AccessControlList(value).map(Self.list) ?? .unreadable
    }
}
