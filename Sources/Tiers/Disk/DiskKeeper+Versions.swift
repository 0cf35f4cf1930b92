import Model

extension DiskKeeper {
    /// Removes every version of this size whose modification time is within two seconds of `modified`, whichever its path.
    /// (What a share keeps of a time that is set may be coarser.)
    ///
    /// - Returns: whether all of them could be told and are gone.
    func discard(size: Int64, modified: Timestamp) -> Bool {
        var areGone = true
        let areAll = forEachObject { identity in
            let found = identity.fingerprint
            guard found.size == size,
                abs(found.modified.seconds(since: modified)) <= Fingerprint.coarsestTimeStep
            else { return }
            if remove(core.objects.object(identity)) == nil { areGone = false }
        }
        return areAll && areGone
    }
}
