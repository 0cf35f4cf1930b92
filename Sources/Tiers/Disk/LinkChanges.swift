import Model
import Platform
import Synchronization

/// Remembers from one run to the next which files were changed by one of several names, so that what the index has of
/// them under the others is not believed.
///
/// `LINKS` in the share's cache directory: 16 bytes for each, the inode number and the second of the change; written at a
/// clean end, after which alone stored listings are believed anyway. Number 0 stands for all files.
final class LinkChanges: Sendable {
    /// With more, all files are meant.
    private static let numbersMax = 32_768
    /// Stored listings that are older are not believed without asking.
    private static let lifetime: Int64 = 604_800

    private struct State: Sendable {
        var changes: [UInt64: Int64] = [:]
        var isStored = true
    }

    private let root: DescriptorReference
    private let clock: any LarderClock
    private let state: Mutex<State>

    init(_ root: DescriptorReference, clock: any LarderClock) {
        self.root = root
        self.clock = clock
        state = Mutex(State(changes: Self.read(root, now: clock.wall.seconds)))
    }

    /// Inode numbers, nil for all, with the seconds of the wall clock.
    var all: [(UInt64?, Int64)] {
        state.withLock { state in state.changes.map { ($0.key == 0 ? nil : $0.key, $0.value) } }
    }

    func note(_ inode: UInt64?) {
        let now = clock.wall.seconds
        state.withLock { state in
            let number = inode ?? 0
            guard state.changes[number] != now else { return }
            if state.changes[number] == nil, state.changes.count >= Self.numbersMax {
                state.changes = [0: now]
            } else {
                state.changes[number] = now
            }
            state.isStored = false
        }
    }

    /// - Returns: whether the next run will know.
    func save() -> Bool {
        let now = clock.wall.seconds
        let records = state.withLock { state -> [UInt8]? in
            guard !state.isStored else { return nil }
            var writer = ByteWriter(reserving: state.changes.count * 16)
            for (inode, seconds) in state.changes where now - seconds <= Self.lifetime {
                writer.fixed(inode)
                writer.fixed(seconds)
            }
            return writer.bytes
        }
        guard let records else { return true }
        do throws(Errno) {
            try DiskMark.write(root, DiskMark.links, records)
            state.withLock { $0.isStored = true }
            return true
        } catch {
            return false
        }
    }

    private static func read(_ root: DescriptorReference, now: Int64) -> [UInt64: Int64] {
        let bytesMax = (numbersMax + 1) * 16
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DiskMark.read(root, DiskMark.links, bytesMax: bytesMax)
        } catch .noSuchFile {
            return [:]
        } catch {
            return [0: now]
        }
        // Cut or grown by something else: it may have been about any file.
        guard bytes.count % 16 == 0 else { return [0: now] }
        var found: [UInt64: Int64] = [:]
        func word(_ at: Int) -> UInt64 {
            bytes[at..<at + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        for at in stride(from: 0, to: bytes.count, by: 16) {
            let seconds = Int64(bitPattern: word(at + 8))
            // A clock that was put back must not make an entry last for ever.
            guard seconds <= now + lifetime, now - lifetime <= seconds else { continue }
            found[word(at)] = seconds
        }
        return found
    }
}
