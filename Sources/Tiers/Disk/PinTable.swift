public import Model

import Platform
import Synchronization

/// Files and folders whose chunks are never evicted to make room for others. By path: what takes a pinned name is pinned, and a
/// folder stands for all below it, whenever it came there.
///
/// `PINS` in the share's cache directory: a sealed record of the paths and of how much each was said to hold. Threads: any; changing
/// it waits for the disk.
public final class PinTable: Sendable {
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
    /// Bytes of what was below each when it was pinned, or when that was last told.
    private let pinned: Mutex<[RelativePath: Int64]>
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

    /// With the bytes that each was said to hold; sorted by path.
    public var all: [(path: RelativePath, bytes: Int64)] {
        pinned.withLock { pinned in pinned.map { ($0.key, $0.value) } }
            .sorted { $0.0.bytes.lexicographicallyPrecedes($1.0.bytes) }
    }

    /// Whether this or a folder on the way to it is pinned. O(depth).
    public func covers(_ path: RelativePath) -> Bool {
        pinned.withLock { pinned in
            guard !pinned.isEmpty else { return false }
            var way = RelativePath()
            if pinned[way] != nil { return true }
            for component in path.components {
                way.components.append(component)
                if pinned[way] != nil { return true }
            }
            return false
        }
    }

    /// Whether what is stored of this is to stay: it is pinned, and was there when somebody looked last. What comes later is seen with
    /// the next look.
    func protects(_ path: RelativePath) -> Bool {
        guard covers(path) else { return false }
        return seen.withLock { $0?.contains(path.hashValue) ?? true }
    }

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
    private static func sum(_ pinned: [RelativePath: Int64]) -> Int64 {
        pinned.reduce(0) { sum, pin in
            let isBelowAnother = pin.key.components.indices.contains { end in
                pinned[RelativePath(Array(pin.key.components[..<end]))] != nil
            }
            return isBelowAnother ? sum : sum &+ max(0, pin.value)
        }
    }

    /// Kept on disk before this returns. What is pinned already is told of anew.
    ///
    /// - Parameters:
    ///   - bytes: of what is there now.
    ///   - most: bytes that all pins together may be of.
    /// - Returns: false where it was pinned itself.
    func add(_ path: RelativePath, bytes: Int64, most: Int64) throws(Failure) -> Bool {
        guard path.bytes.count <= Self.pathBytesMax else { throw .notKept(.nameTooLong) }
        var isNew = false
        try change { (pinned) throws(Failure) in
            let before = Self.sum(pinned)
            isNew = pinned.updateValue(bytes, forKey: path) == nil
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
        _ body: (inout [RelativePath: Int64]) throws(Failure) -> Void
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

    /// Whole or not at all, whatever happens meanwhile.
    private func write(_ pinned: [RelativePath: Int64]) throws(Failure) {
        var writer = ByteWriter()
        writer.variable(UInt64(pinned.count))
        for (path, bytes) in pinned {
            writer.string(path.bytes)
            writer.variable(signed: bytes)
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
    private static func read(_ root: DescriptorReference) -> [RelativePath: Int64]? {
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
            var pinned: [RelativePath: Int64] = [:]
            for _ in 0..<count {
                let names = reader.string().split(separator: 0x2F).map { Name(Array($0)) }
                pinned[RelativePath(names)] = reader.variableSigned()
            }
            return reader.isComplete ? pinned : nil
        }
    }
}
