public import Model

import Platform

extension DiskTier {
    public var pins: PinTable { core.pins }

    /// How long the disk may take to write down what is pinned; beyond that it is not said to be, though it may come to be.
    private static let pinPatience = Duration.seconds(2)

    /// What is stored of `path`, and of all below it, now or later, does not go to make room. Waits for the disk, for
    /// ``pinPatience`` at most.
    ///
    /// - Parameters:
    ///   - bytes: of what is there now; all pins together may be nine tenths of the limit, so that the rest of the share has room, too.
    ///   - priority: nil: as it was; medium, where it was not pinned.
    /// - Returns: false where it was pinned, with this priority.
    public func pin(
        _ path: RelativePath, bytes: Int64, priority: PinPriority? = nil
    ) throws(PinTable.Failure) -> Bool {
        let most = pinnedMax
        // Nobody has looked for what is there of it.
        _ = core.pins.setSeen(nil)
        let isNew = try inTime { [pins = core.pins] () throws(PinTable.Failure) in
            try pins.add(path, bytes: bytes, priority: priority, most: most)
        }
        // What it covers may matter more, or less, than it did by another pin.
        if isNew { forgetPinned() }
        return isNew
    }

    /// Bytes.
    public var pinnedMax: Int64 { core.limit / 10 * 9 }

    /// Ends that for `path` and all below it; what a folder above it pins stays pinned. Waits as ``pin(_:bytes:)`` does.
    ///
    /// - Returns: what was pinned.
    public func unpin(_ path: RelativePath) throws(PinTable.Failure) -> [RelativePath] {
        let removed = try inTime { [pins = core.pins] () throws(PinTable.Failure) in
            try pins.remove(path)
        }
        if !removed.isEmpty { protectLess() }
        return removed
    }

    /// Somebody has looked at all that is pinned: what is stored of other files below is not protected any more.
    ///
    /// - Parameter paths: see ``PinTable/setSeen(_:)``.
    public func notePinned(_ paths: Set<Int>?) {
        if core.pins.setSeen(paths) { protectLess() }
    }

    private func protectLess() {
        core.eviction.unpinAll()
        // What was above the limit for their sake goes.
        queue.put { $0.lookAround() }
        core.next?.protectLess()
    }

    /// Each chunk has to turn out to be pinned once more, here and in the tier behind.
    private func forgetPinned() {
        core.eviction.unpinAll()
        core.next?.forgetPinned()
    }

    private func inTime<Answer: Sendable>(
        _ body: @escaping @Sendable () throws(PinTable.Failure) -> Answer
    ) throws(PinTable.Failure) -> Answer {
        let result = withDeadline(Self.pinPatience, thread: "larder-pin") {
            () -> Result<Answer, PinTable.Failure> in
            do throws(PinTable.Failure) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        guard let result else { throw .notKept(.timedOut) }
        return try result.get()
    }
}
