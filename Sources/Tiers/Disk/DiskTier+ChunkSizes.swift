public import Model

import Platform

/// What was stored while the rules gave its file another chunk size.
///
/// What is stored stays as it was cut: its key, the places of its chunks in their file and the sums of its blocks go by it. So a file of
/// which something is stored is read, and stored on, in chunks of that size, until it changes or has left the disk.
extension DiskTier {
    /// On the disk pool; at once where all that is stored was cut by the rules of today.
    public func findStored(
        _ identity: ObjectIdentity, resized: @escaping @Sendable (Int) -> ObjectIdentity,
        completion: @escaping @Sendable (ObjectIdentity?) -> Void
    ) {
        guard holdsOtherChunkSizes, identity.isPersistent, overdueRemovals.areNone,
            core.mayTry(.reading)
        else { return completion(nil) }
        let ticket = pool.submit(urgent: true) { [core] in
            Found(identity: Self.stored(identity, resized, core))
        } completion: { [core] found in
            if found == nil { core.fail(.reading, "reading the cache", .timedOut) }
            completion(found?.identity)
        }
        if ticket == nil { completion(nil) }
    }

    private struct Found: Sendable {
        var identity: ObjectIdentity?
    }

    private static func stored(
        _ identity: ObjectIdentity, _ resized: (Int) -> ObjectIdentity, _ core: DiskCore
    ) -> ObjectIdentity? {
        // What was stored a moment ago is not in the index yet.
        let young = core.objects.objects(at: identity.path)
            .filter { $0.row != .absent && $0.row != .unknown }.map(\.identity)
        let known = core.index.read { reader throws(SQLiteError) in
            try reader.objects(at: identity.path)
        }
        let stored = young + (known ?? [])
        if stored.contains(identity) { return nil }
        for other in stored where other.fingerprint == identity.fingerprint && !core.hides(other) {
            // The share's and the anchor's part in it are in the key alone.
            let wanted = resized(other.geometry.chunkSize)
            if wanted.key == other.key { return wanted }
        }
        return nil
    }
}
