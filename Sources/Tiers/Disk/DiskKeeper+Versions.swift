import Model
import Platform

extension DiskKeeper {
    /// Removes every version of this size whose modification time is within two seconds of `modified`, whichever its path.
    /// (What a share keeps of a time that is set may be coarser.)
    func discard(size: Int64, modified: Timestamp) {
        // What is not committed is not found by walking the rows.
        core.index.writer.flush()
        var last: Int64 = 0
        while !queue.isStopping {
            let start = last
            let batch = core.index.read { reader throws(SQLiteError) in
                try reader.objects(after: start, limit: 512)
            }
            guard let batch, let end = batch.last?.row else { return }
            last = end
            for case (_, let identity?) in batch
            where identity.fingerprint.size == size
                && abs(identity.fingerprint.modified.seconds(since: modified))
                    <= Fingerprint.coarsestTimeStep
            {
                remove(core.objects.object(identity))
            }
        }
    }
}
