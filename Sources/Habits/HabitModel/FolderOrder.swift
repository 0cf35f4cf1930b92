public import Model

/// A file as a folder's listing has it.
public struct HabitFile: Sendable, Equatable {
    public var file: UInt64
    public var name: String
    /// Bytes.
    public var size: Int64
    public var type: ContentType

    public init(file: UInt64, name: String, size: Int64, type: ContentType) {
        self.file = file
        self.name = name
        self.size = size
        self.type = type
    }
}

/// What the habits may ask about folders while they decide: answered at once from what is known, never from the share.
public protocol FolderOrder {
    /// The file that comes after another one of a folder, in the order in which people go through it; nil at the end, or where that is not
    /// known.
    func next(after file: UInt64, in folder: UInt64) -> HabitFile?

    /// Of two files whose folders may differ.
    func relationship(of file: UInt64, to other: UInt64) -> RelatedProbability.Relationship
}

/// Knows of no folder.
public struct NoFolderOrder: FolderOrder {
    public init() {}

    public func next(after file: UInt64, in folder: UInt64) -> HabitFile? { nil }
    public func relationship(
        of file: UInt64, to other: UInt64
    ) -> RelatedProbability.Relationship { .none }
}
