import Model
import Platform

extension DiskKeeper {
    /// Removes every version of this size whose modification time is within two seconds of `modified`, whichever its path.
    /// (What a share keeps of a time that is set may be coarser.)
    /// - Returns: whether all of them could be told and are gone.
    func discard(size: Int64, modified: Timestamp) -> Bool {
        let isMeant = { (fingerprint: Fingerprint) in
            fingerprint.size == size
                && abs(fingerprint.modified.seconds(since: modified))
                    <= Fingerprint.coarsestTimeStep
        }
        var isDone = true
        // What is not committed is not found by walking the rows.
        for object in core.objects.all where isMeant(object.identity.fingerprint) {
            if remove(object) == nil { isDone = false }
        }
        var last: Int64 = 0
        while !queue.isStopping {
            let start = last
            let batch = core.index.read { reader throws(SQLiteError) in
                try reader.objects(after: start, limit: 512)
            }
            guard let batch else { return false }
            guard let end = batch.last?.row else { return isDone }
            last = end
            for case (_, let identity?) in batch where isMeant(identity.fingerprint) {
                if remove(core.objects.object(identity)) == nil { isDone = false }
            }
        }
        return false
    }
}
