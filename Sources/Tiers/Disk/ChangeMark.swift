import Model
import Platform
import Synchronization

/// Remembers across a kill that things were changed through the view.
///
/// Two small files in the share's cache directory. `CHANGES` exists from the first change until a clean end.
/// `DISTRUST` holds the time, in seconds, up to which stored listings may lack changes: the start after an unclean end.
/// Where they cannot be written the view goes on, and it is tried again with later changes: listings are then revalidated as
/// always, behind the reader's back.
final class ChangeMark: Sendable {
    private static let patience = Duration.seconds(2)
    /// A disk that refuses or hangs is not asked by each change.
    static let retryInterval = Duration.seconds(5)

    private enum State {
        case unset
        case underWay(since: Duration)
        /// Not to be tried before.
        case failed(retryAt: Duration)
        case set
    }

    let distrustedBefore: Timestamp?
    private let root: DescriptorReference
    private let clock: any LarderClock
    private let state = ConditionMutex(State.unset)
    /// Spares changes the lock.
    private let isSet = Atomic(false)

    /// Looks how the last run ended.
    init(_ root: DescriptorReference, clock: any LarderClock) {
        self.root = root
        self.clock = clock
        guard !DiskMark.exists(root, DiskMark.changes) else {
            let now = clock.wall
            distrustedBefore = now
            // Only when that is remembered: until then every start counts as one after a kill.
            let time = Array("\(now.seconds)\n".utf8)
            if (try? DiskMark.write(root, DiskMark.distrust, time)) != nil {
                DiskMark.remove(root, DiskMark.changes)
            }
            return
        }
        distrustedBefore = Self.stored(root).map { Timestamp(seconds: $0) }
    }

    /// Returns when the mark is there for good, which blocks for a moment the first time; where the disk hangs or refuses, after
    /// ``patience`` at most.
    func set() {
        guard !isSet.load(ordering: .acquiring) else { return }
        let now = clock.monotonic
        let isOurs = state.wait(timeout: Self.patience) { state, _ -> Bool? in
            switch state {
            case .set: return false
            case .underWay(let since): return now - since > Self.patience ? false : nil
            case .failed(let retryAt) where now < retryAt: return false
            case .failed, .unset:
                state = .underWay(since: now)
                return true
            }
        }
        guard isOurs == true else { return }
        _ = withDeadline(Self.patience, thread: "larder-mark") { [self] in
            let isWritten = (try? DiskMark.write(root, DiskMark.changes)) != nil
            state.withLock { state, condition in
                state = isWritten ? .set : .failed(retryAt: clock.monotonic + Self.retryInterval)
                condition.broadcast()
            }
            if isWritten { isSet.store(true, ordering: .releasing) }
        }
    }

    /// Everything is in the index.
    func clear() {
        guard isSet.load(ordering: .acquiring) else { return }
        DiskMark.remove(root, DiskMark.changes)
    }

    private static func stored(_ root: DescriptorReference) -> Int64? {
        guard let bytes = try? DiskMark.read(root, DiskMark.distrust, bytesMax: 64) else {
            return nil
        }
        return Int64(String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? "")
    }
}
