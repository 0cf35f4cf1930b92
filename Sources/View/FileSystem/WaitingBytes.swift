import Synchronization

/// What is to be written and waits for the share: bounded in memory, however many programs write to a share that hangs.
///
/// Each program that writes waits with up to 1 MiB, which the daemon must take to get at the next request. Beyond
/// ``bytesMax`` it takes the beginning only: the write is a short one then, as `write(2)` may always be, and the program sends
/// the rest when this part is on the share. Nobody is refused, and no request of others waits for room.
final class WaitingBytes: Sendable {
    /// Taken until it is let go.
    final class Room: Sendable {
        /// Bytes.
        let count: Int
        private let owner: WaitingBytes

        fileprivate init(_ count: Int, _ owner: WaitingBytes) {
            self.count = count
            self.owner = owner
        }

        deinit {
            owner.bytes.subtract(count, ordering: .relaxed)
        }
    }

    /// Of all writes together, before they are shortened.
    static let bytesMax = 64 << 20
    /// Writes of so many bytes are never shortened: records that are appended stay whole.
    static let wholeMax = 4096
    private static let pageSize: Int64 = 4096

    private let bytes = Atomic(0)

    /// Bytes that wait.
    var total: Int { bytes.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - offset: of the write; a short one ends where a page does.
    ///   - isWhole: it is not shortened.
    func take(_ count: Int, at offset: Int64, isWhole: Bool) -> Room {
        let before = bytes.add(count, ordering: .relaxed).oldValue
        guard before + count > Self.bytesMax, !isWhole, count > Self.wholeMax else {
            return Room(count, self)
        }
        let (least, overflow) = offset.addingReportingOverflow(
            Int64(Self.wholeMax) + Self.pageSize - 1)
        let end = overflow ? offset : least / Self.pageSize * Self.pageSize
        let taken = min(count, max(Self.wholeMax, Int(end - offset)))
        bytes.subtract(count - taken, ordering: .relaxed)
        return Room(taken, self)
    }
}
