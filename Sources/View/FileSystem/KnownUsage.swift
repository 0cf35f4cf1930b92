import Model
import Platform

/// What was last said of the room on the share, and on file systems below it.
struct KnownUsage: Sendable {
    struct Figures: Sendable {
        var value: FileSystemUsage
        /// Monotonic.
        var at: Duration
    }

    private(set) var ofShare: Figures
    /// By the number of the file system (``FileAttributes/device``).
    private var nested: [UInt64: Figures] = [:]
    private static let nestedMax = 256

    init(_ usage: FileSystemUsage, at now: Duration) {
        ofShare = Figures(value: usage, at: now)
    }

    subscript(fileSystem: UInt64) -> Figures? { fileSystem == 0 ? ofShare : nested[fileSystem] }

    mutating func note(_ usage: FileSystemUsage, of fileSystem: UInt64, at now: Duration) {
        let figures = Figures(value: usage, at: now)
        guard fileSystem != 0 else {
            ofShare = figures
            return
        }
        // They are asked for again.
        if nested.count >= Self.nestedMax, nested[fileSystem] == nil { nested = [:] }
        nested[fileSystem] = figures
    }
}
