public import Model

/// A file that somebody has opened.
public struct HabitOpen: Sendable, Equatable {
    /// The caller's own number, the same for the same path.
    public var file: UInt64
    /// The folder whose habit it is. Where folders are the seasons of a show, the show's: its habit goes on into the next season.
    public var folder: UInt64
    public var type: ContentType
    /// Bytes.
    public var size: Int64
    /// On the clock on the wall, universal time.
    public var at: Timestamp
    /// Who opens: a number for user and program.
    public var session: UInt64
    /// Bytes that are usually read of it, where that is known from elsewhere.
    public var usualBytes: Int64?

    public init(
        file: UInt64, folder: UInt64, type: ContentType, size: Int64, at: Timestamp,
        session: UInt64, usualBytes: Int64? = nil
    ) {
        self.file = file
        self.folder = folder
        self.type = type
        self.size = size
        self.at = at
        self.session = session
        self.usualBytes = usualBytes
    }
}
