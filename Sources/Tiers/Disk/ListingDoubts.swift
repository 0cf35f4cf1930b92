import Model
import Platform
import Synchronization

/// Up to when stored listings are not to be believed, by folder: somebody wanted the share to be asked anew.
///
/// `DOUBTS` in the share's cache directory: for each folder the second (8 bytes), whether it is meant alone (1) or with those below it
/// (0; a byte), and the path with its length, then a checksum. Written
/// with each change: the next run, whatever becomes of this one, believes no listing that this one did not.
///
/// Threads: any.
final class ListingDoubts: Sendable {
    /// With more, all folders are meant.
    static let foldersMax = 1024
    private static let bytesMax = 8 << 20
    /// Stored listings that are older are not believed without asking.
    private static let lifetime: Int64 = 604_800
    private static let patience = Duration.seconds(2)

    private struct Folder: Hashable, Sendable {
        var path: RelativePath
        /// Not with those below it.
        var isAlone = false

        static let all = Folder(path: RelativePath())
    }

    private let root: DescriptorReference
    private let clock: any LarderClock
    private let doubts: Mutex<[Folder: Timestamp]>
    /// Held while they are written, so that the last word is the last one written.
    private let writing = Mutex(())

    init(_ root: DescriptorReference, clock: any LarderClock) {
        self.root = root
        self.clock = clock
        doubts = Mutex(Self.read(root, now: clock.wall))
    }

    /// Listings of `path` that were fetched at this time or before may be out of date; nil: none are for that reason.
    func time(at path: RelativePath) -> Timestamp? {
        doubts.withLock { doubts in
            guard !doubts.isEmpty else { return nil }
            var above = path
            var latest = [Folder(path: path, isAlone: true), Folder(path: path)]
                .compactMap { doubts[$0] }.max()
            while !above.components.isEmpty {
                above = above.parent
                if let time = doubts[Folder(path: above)] {
                    latest = latest.map { max($0, time) } ?? time
                }
            }
            return latest
        }
    }

    /// From now on, of all folders at and below some paths, and of some alone. Blocks until the next run will know; where the disk
    /// hangs or refuses, for ``patience`` at most.
    func note(below paths: [RelativePath], alone: [RelativePath] = []) {
        let now = clock.wall
        doubts.withLock { doubts in
            for path in paths { doubts[Folder(path: path)] = now }
            for path in alone { doubts[Folder(path: path, isAlone: true)] = now }
            let isAll = doubts[.all] == now || doubts.count > Self.foldersMax
            if isAll { doubts = [.all: now] }
        }
        _ = withDeadline(Self.patience, thread: "larder-mark") { [self] in
            writing.withLock { _ in
                // Without it, the next run believes what the time to live allows.
                try? DiskMark.write(root, DiskMark.doubts, encoded)
            }
        }
    }

    private var encoded: [UInt8] {
        let known = doubts.withLock { $0 }
        var writer = ByteWriter(reserving: known.count * 64 + 8)
        for (folder, time) in known {
            // A second later at most.
            writer.fixed(time.seconds + 1)
            writer.fixed(UInt8(folder.isAlone ? 1 : 0))
            writer.string(folder.path.bytes)
        }
        return SealedRecord.seal(writer, seed: Self.seed)
    }

    private static let seed = SealedRecord.seed(.doubts, 0)

    private static func read(
        _ root: DescriptorReference, now: Timestamp
    ) -> [Folder: Timestamp] {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DiskMark.read(root, DiskMark.doubts, bytesMax: bytesMax)
        } catch .noSuchFile {
            return [:]
        } catch {
            return [.all: now]
        }
        return decoded(bytes, now: now) ?? [.all: now]
    }

    /// nil for what was not written so: it may have been about any folder.
    private static func decoded(
        _ bytes: [UInt8], now: Timestamp
    ) -> [Folder: Timestamp]? {
        bytes.withUnsafeBytes { raw -> [Folder: Timestamp]? in
            guard var reader = SealedRecord.open(raw, seed: seed) else { return nil }
            var found: [Folder: Timestamp] = [:]
            while !reader.isComplete {
                let seconds: Int64 = reader.fixed()
                let isAlone = reader.fixed() as UInt8 == 1
                let path = RelativePath(joined: reader.string())
                guard !reader.failed else { return nil }
                // A clock that was put back must not make an entry last for ever.
                guard seconds <= now.seconds + lifetime, now.seconds - lifetime <= seconds else {
                    continue
                }
                found[Folder(path: path, isAlone: isAlone)] = Timestamp(seconds: seconds)
            }
            return found
        }
    }
}
