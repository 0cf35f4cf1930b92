public import Model

extension DiskTier {
    public var pins: PinTable { core.pins }

    /// What is stored of `path`, and of all below it, now or later, does not go to make room. Waits for the disk.
    ///
    /// - Parameter bytes: of what is there now; all pins together may be nine tenths of the limit, so that the rest of the share has
    ///   room, too.
    /// - Returns: false where it was pinned.
    public func pin(_ path: RelativePath, bytes: Int64) throws(PinTable.Failure) -> Bool {
        try core.pins.add(path, bytes: bytes, most: pinnedMax)
    }

    /// Bytes.
    public var pinnedMax: Int64 { core.limit / 10 * 9 }

    /// Ends that for `path` and all below it; what a folder above it pins stays pinned. Waits for the disk.
    ///
    /// - Returns: what was pinned.
    public func unpin(_ path: RelativePath) throws(PinTable.Failure) -> [RelativePath] {
        let removed = try core.pins.remove(path)
        if !removed.isEmpty {
            core.eviction.unpinAll()
            // What was above the limit for their sake goes.
            queue.put { $0.lookAround() }
        }
        return removed
    }
}
