import Model
import Platform
import Synchronization

/// Remembers across a kill that things were changed through the view.
///
/// Two small files in the share's cache directory. `CHANGES` exists from the first change until a clean end.
/// `DISTRUST` holds the time, in seconds, up to which stored listings may lack changes: the start after an unclean end.
/// Where they cannot be written the view goes on: listings are then revalidated as always, behind the reader's back.
final class ChangeMark: Sendable {
    private static let changes = Array("CHANGES".utf8)
    private static let distrust = Array("DISTRUST".utf8)

    private static let patience = Duration.seconds(2)

    let distrustedBefore: Timestamp?
    private let root: DescriptorReference
    private let isSet = Atomic(false)

    /// Looks how the last run ended.
    init(_ root: DescriptorReference, clock: any LarderClock) {
        self.root = root
        guard (try? FileCalls.attributes(at: root.rawValue, Name(Self.changes))) == nil else {
            let now = clock.wall
            distrustedBefore = now
            Self.write(root, Self.distrust, "\(now.seconds)\n")
            // Only when that is remembered: until then every start counts as one after a kill.
            if Self.stored(root) == now.seconds {
                try? FileCalls.unlink(at: root.rawValue, Self.changes)
            }
            return
        }
        distrustedBefore = Self.stored(root).map { Timestamp(seconds: $0) }
    }

    /// Blocks for a moment the first time, and not much longer where the disk hangs.
    func set() {
        guard !isSet.load(ordering: .relaxed) else { return }
        _ = withDeadline(Self.patience, thread: "larder-mark") { [root] in
            Self.write(root, Self.changes, "")
        }
        isSet.store(true, ordering: .relaxed)
    }

    /// Everything is in the index.
    func clear() {
        guard isSet.load(ordering: .relaxed) else { return }
        try? FileCalls.unlink(at: root.rawValue, Self.changes)
    }

    private static func stored(_ root: DescriptorReference) -> Int64? {
        guard
            let file = try? FileCalls.open(
                at: root.rawValue, distrust, [.readOnly, .noFollow, .nonBlocking]),
            let bytes = try? FileContents.read(file.rawValue, bytesMax: 64)
        else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? "")
    }

    /// Lasting: power may fail too.
    private static func write(_ root: DescriptorReference, _ name: [UInt8], _ text: String) {
        do throws(Errno) {
            let file = try FileCalls.open(
                at: root.rawValue, name,
                [.writeOnly, .create, .truncate, .noFollow, .nonBlocking], mode: 0o600)
            try FileContents.write(file.rawValue, Array(text.utf8))
            try FileCalls.synchronize(file.rawValue)
            try FileCalls.synchronize(root.rawValue)
        } catch {
            // A full or failing disk shows in the tier's state.
        }
    }
}
