import Habits
public import Model

/// A file of the household's share.
public struct HouseholdFile: Sendable, Equatable {
    /// What a player needs before it shows anything, and a person waits for.
    static let headSeconds: Int64 = 10

    public var number: UInt64
    /// Of its show, where it has seasons.
    public var folder: UInt64
    /// The season's folder within that; empty: it lies in the folder itself.
    public var part: String
    public var name: String
    public var type: ContentType
    /// Bytes.
    public var size: Int64
    /// How long it plays; 0: it is not played but read as a whole.
    public var playSeconds: Int64

    /// What whoever opens it needs at once: the first ten seconds of what is played, all of anything else.
    public var headBytes: Int64 {
        playSeconds > 0 ? min(size, size / playSeconds * Self.headSeconds) : size
    }

    var listed: HabitFile { HabitFile(file: number, name: name, size: size, type: type) }
}
