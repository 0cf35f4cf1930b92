public import Model

import Platform
import Synchronization

/// Files and folders whose chunks are never evicted to make room for others. By path: what takes a pinned name is pinned, and a
/// folder stands for all below it, whenever it came there. Of several pins that cover a file, the nearest to it says how much it matters.
///
/// `PINS` in the share's cache directory: a sealed record of the paths, of how much each was said to hold, and of their priorities.
/// Threads: any; changing it waits for the disk.
public final class PinTable: Sendable {
    public struct Pin: Sendable, Hashable {
        public var path: RelativePath
        /// Of what was there when it was pinned, or when that was last told.
        public var bytes: Int64
        public var priority: PinPriority
    }

    /// Why a path could not be pinned, or given free.
    public enum Failure: Error, Hashable, Sendable {
        /// There are ``pinsMax`` already.
        case tooMany
        /// Bytes: what is pinned already, what was to be, and what may be in all.
        case tooLarge(pinned: Int64, asked: Int64, max: Int64)
        /// The cache's disk did not take it down: nothing has changed.
        case notKept(Errno)
    }

    public static let pinsMax = 4096
    private static let pathBytesMax = 4096
    /// Of the file: more than ``pinsMax`` paths take.
    private static let bytesMax = 17 << 20
    private static let temporaryName = Array("PINS.new".utf8)

    private let root: DescriptorReference
    private let countMax: Int
    private let pinned: Mutex<[RelativePath: Pin]>
    /// Hashes of the paths of all pinned files that were there when somebody looked last; nil where nobody has, or there are too many.
    private let seen = Mutex<Set<Int>?>(nil)
    /// One change at a time, from what is there to what is kept.
    private let changes = Mutex(())
    /// Whether what an earlier session had pinned could not be read.
    public let wasLost: Bool

    /// - Parameter countMax: paths.
    init(_ root: DescriptorReference, countMax: Int = pinsMax) {
        self.root = root
        self.countMax = countMax
        let read = Self.read(root)
        wasLost = read == nil
        pinned = Mutex(read ?? [:])
    }

    /// Sorted by path.
    public var all: [Pin] {
        Self.sorted(pinned.withLock { $0 })
    }

    private static func sorted(_ pinned: [RelativePath: Pin]) -> [Pin] {
        pinned.values.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
    }

    public func isPinned(_ path: RelativePath) -> Bool {
        pinned.withLock { $0[path] != nil }
    }

    /// The pin that says how much this matters: its own, or that of the nearest folder on the way to it. O(depth).
    public func covering(_ path: RelativePath) -> Pin? {
        pinned.withLock { pinned in
            guard !pinned.isEmpty else { return nil }
            var way = RelativePath()
            var nearest = pinned[way]
            for component in path.components {
                way.components.append(component)
                nearest = pinned[way] ?? nearest
            }
            return nearest
        }
    }

    /// How much it matters that what is stored of this stays; nil where it may go: it is not pinned, or was not there when somebody looked
    /// last. What comes later is seen with the next look.
    func protection(of path: RelativePath) -> PinPriority? {
        guard let pin = covering(path),
            seen.withLock({ $0?.contains(path.hashValue) ?? true })
        else { return nil }
        return pin.priority
    }

    func protects(_ path: RelativePath) -> Bool { protection(of: path) != nil }

    /// - Parameter paths: of all pinned files that are there, by ``RelativePath/hashValue``; nil where that is not known.
    /// - Returns: whether less may be protected than before.
    func setSeen(_ paths: Set<Int>?) -> Bool {
        seen.withLock { seen in
            defer { seen = paths }
            guard let paths else { return false }
            return seen.map { !$0.isSubset(of: paths) } ?? true
        }
    }

    /// Bytes of all that is pinned, what two pins cover counted once.
    private static func sum(_ pinned: [RelativePath: Pin]) -> Int64 {
        pinned.values.reduce(0) { sum, pin in
            let isBelowAnother = pin.path.components.indices.contains { end in
                pinned[RelativePath(Array(pin.path.components[..<end]))] != nil
            }
            return isBelowAnother ? sum : sum &+ max(0, pin.bytes)
        }
    }

    /// Kept on disk before this returns. What is pinned already is told of anew.
    ///
    /// - Parameters:
    ///   - bytes: of what is there now.
    ///   - priority: nil: as it was; medium, where it was not pinned.
    ///   - most: bytes that all pins together may be of.
    /// - Returns: false where it was pinned itself, with this priority.
    func add(
        _ path: RelativePath, bytes: Int64, priority: PinPriority? = nil, most: Int64
    ) throws(Failure) -> Bool {
        guard path.bytes.count <= Self.pathBytesMax else { throw .notKept(.nameTooLong) }
        var isNew = false
        try change { (pinned) throws(Failure) in
            let before = Self.sum(pinned)
            let former = pinned[path]?.priority
            let priority = priority ?? former ?? .medium
            pinned[path] = Pin(path: path, bytes: bytes, priority: priority)
            isNew = former != priority
            guard pinned.count <= countMax else { throw .tooMany }
            guard Self.sum(pinned) <= max(most, before) else {
                throw .tooLarge(pinned: before, asked: bytes, max: most)
            }
        }
        return isNew
    }

    /// - Returns: what was pinned of `path` and below it.
    func remove(_ path: RelativePath) throws(Failure) -> [RelativePath] {
        var removed: [RelativePath] = []
        try change { (pinned) throws(Failure) in
            removed = pinned.keys.filter { $0.components.starts(with: path.components) }
            for path in removed { pinned[path] = nil }
        }
        return removed
    }

    private func change(
        _ body: (inout [RelativePath: Pin]) throws(Failure) -> Void
    ) throws(Failure) {
        let result = changes.withLock { _ -> Result<Void, Failure> in
            let before = pinned.withLock { $0 }
            var next = before
            do throws(Failure) {
                try body(&next)
                if next != before { try write(next) }
            } catch {
                return .failure(error)
            }
            pinned.withLock { $0 = next }
            return .success(())
        }
        try result.get()
    }

    // MARK: - On disk

    private static let seed = SealedRecord.seed(.pins, 0)

    /// Whole or not at all, whatever happens meanwhile. The priorities stand behind the rest, and only where one is none of the usual.
    private func write(_ pinned: [RelativePath: Pin]) throws(Failure) {
        let pins = Self.sorted(pinned)
        var writer = ByteWriter()
        writer.variable(UInt64(pins.count))
        for pin in pins {
            writer.string(pin.path.bytes)
            writer.variable(signed: pin.bytes)
        }
        if pins.contains(where: { $0.priority != .medium }) {
            for pin in pins { writer.fixed(pin.priority.rank) }
        }
        do throws(Errno) {
            try DiskMark.write(
                root, Self.temporaryName, SealedRecord.seal(writer, seed: Self.seed))
            try FileCalls.rename(
                at: root.rawValue, Name(Self.temporaryName), to: root.rawValue,
                Name(DiskMark.pins))
            try FileCalls.synchronize(root.rawValue)
        } catch {
            throw .notKept(error)
        }
    }

    /// nil where there is something that cannot be read.
    private static func read(_ root: DescriptorReference) -> [RelativePath: Pin]? {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DiskMark.read(root, DiskMark.pins, bytesMax: bytesMax)
        } catch .noSuchFile {
            return [:]
        } catch {
            return nil
        }
        return bytes.withUnsafeBytes { bytes in
            guard var reader = SealedRecord.open(bytes, seed: seed) else { return nil }
            let count = reader.variable()
            guard count <= UInt64(pinsMax) else { return nil }
            var pins: [Pin] = []
            for _ in 0..<count {
                let names = reader.string().split(separator: 0x2F).map { Name(Array($0)) }
                pins.append(
                    Pin(
                        path: RelativePath(names), bytes: reader.variableSigned(),
                        priority: .medium))
            }
            // None are there where all are the usual.
            for index in reader.remaining > 0 ? pins.indices : 0..<0 {
                guard let priority = PinPriority(rank: reader.fixed()) else { return nil }
                pins[index].priority = priority
            }
            guard reader.isComplete else { return nil }
            return Dictionary(pins.map { ($0.path, $0) }) { _, last in last }
        }
    }
}
