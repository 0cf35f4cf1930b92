/// What `lseek(2)` looks for in a file with holes.
public enum SeekWhence: Int32, Sendable {
    /// `SEEK_DATA`
    case data = 3
    /// `SEEK_HOLE`
    case hole = 4
}
