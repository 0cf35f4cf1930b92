import Model

/// Removing what is found neither by its key nor by its path.
extension DiskKeeper {
    /// What is known of ``VersionTable``.
    enum Versions {
        /// Nobody has asked yet.
        case unread
        case known(VersionTable)
        /// More objects than it has room for: the index is walked through.
        case tooMany
    }

    /// Removes every version of this size whose modification time is within two seconds of `modified`, whichever its path.
    /// (What a share keeps of a time that is set may be coarser.)
    ///
    /// - Returns: whether all of them could be told and are gone.
    func discard(size: Int64, modified: Timestamp) -> Bool {
        var areGone = true
        func discard(_ identity: ObjectIdentity) {
            let found = identity.fingerprint
            guard found.size == size,
                abs(found.modified.seconds(since: modified)) <= Fingerprint.coarsestTimeStep
            else { return }
            if remove(core.objects.object(identity)) == nil { areGone = false }
        }
        guard readVersions() else { return false }
        guard case .known(let table) = versions else {
            return forEachObject(discard) && areGone
        }
        let step = Int64(Fingerprint.coarsestTimeStep)
        // What a share may say of times has no bounds.
        let (first, last) = (
            modified.seconds.subtractingReportingOverflow(step),
            modified.seconds.addingReportingOverflow(step)
        )
        guard !first.overflow, !last.overflow else { return forEachObject(discard) && areGone }
        for row in table.rows(size: size, seconds: first.partialValue...last.partialValue) {
            switch object(at: row) {
            case .found(let object): discard(object.identity)
            case .absent: break
            case .unknown: areGone = false
            }
        }
        return areGone
    }

    /// Removes every version of the files at and below `path`.
    ///
    /// - Returns: false when the index cannot tell which there are.
    func discard(below path: RelativePath) -> Bool {
        guard readVersions() else { return false }
        if case .known(let table) = versions, !table.mayHold(below: path) { return discard(path) }
        return evict(path).isComplete
    }

    /// - Returns: false when the index cannot tell what there is.
    private func readVersions() -> Bool {
        guard case .unread = versions else { return true }
        var table = VersionTable()
        var isComplete = true
        let areAll = forEachRow { row, identity in
            if !table.insert(identity, at: row) { isComplete = false }
            return isComplete
        }
        guard areAll else { return false }
        // What is not committed is not found by walking the rows.
        for object in core.objects.all where isComplete {
            guard case .present(let row) = object.row else { continue }
            isComplete = table.insert(object.identity, at: row)
        }
        versions = isComplete ? .known(table) : .tooMany
        return true
    }

    /// An object has got a row.
    func noteVersion(_ identity: ObjectIdentity, at row: ObjectRow) {
        guard case .known(var table) = versions else { return }
        // Changed where it is, not in a copy.
        versions = .unread
        versions = table.insert(identity, at: row) ? .known(table) : .tooMany
    }

    func noteVersionRemoved() {
        guard case .known(var table) = versions else { return }
        versions = .unread
        if !table.noteRemoval() { versions = .known(table) }
    }
}
