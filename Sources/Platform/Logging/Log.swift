import Glibc
import Synchronization

/// Lines for the person who runs Larder: to standard error, one write per line, by level.
///
/// Messages say what, which path and what to do. A message that repeats (same `topic`) is printed once per
/// ``repeatInterval`` with a count of what was held back, so that a dead NAS does not fill a disk.
public final class Log: Sendable {
    public enum Level: Int, Comparable, Sendable, CaseIterable {
        case error, warning, info, debug

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    private struct Repeats {
        var silentUntil: Duration
        var heldBack: Int
    }

    public static let repeatInterval = Duration.seconds(60)
    /// Topics remembered; the table is emptied when it is full.
    private static let topicsMax = 256

    /// ``Level`` as a number: it may change while others write.
    private let levelNow: Atomic<Int>
    private let clock: any LarderClock
    private let repeats = Mutex<[String: Repeats]>([:])
    private let write: @Sendable (String) -> Void

    public init(
        levelMax: Level = .info, clock: any LarderClock = SystemClock(),
        write: @escaping @Sendable (String) -> Void = Log.toStandardError
    ) {
        levelNow = Atomic(levelMax.rawValue)
        self.clock = clock
        self.write = write
    }

    public static let toStandardError: @Sendable (String) -> Void = { line in
        var text = line + "\n"
        text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }

    /// What is less important is not written; anybody may change it at any time.
    public var levelMax: Level {
        get { Level(rawValue: levelNow.load(ordering: .relaxed)) ?? .info }
        set { levelNow.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// - Parameters:
    ///   - topic: what the message is about, without varying parts; nil prints always.
    public func callAsFunction(
        _ level: Level, topic: String? = nil, _ message: @autoclosure () -> String
    ) {
        guard level <= levelMax else { return }
        var suffix = ""
        if let topic {
            let now = clock.monotonic
            let heldBack = repeats.withLock { table -> Int? in
                if let known = table[topic], now < known.silentUntil {
                    table[topic]?.heldBack += 1
                    return nil
                }
                if table.count >= Self.topicsMax { table.removeAll() }
                let count = table[topic]?.heldBack ?? 0
                table[topic] = Repeats(silentUntil: now + Self.repeatInterval, heldBack: 0)
                return count
            }
            guard let heldBack else { return }
            if heldBack > 0 { suffix = " (\(heldBack) more like this in the last minute)" }
        }
        write("larder: \(level): \(message())\(suffix)")
    }
}
