import Model
import Tiers

extension NodeTable {
    /// Somebody has a lock on the file now: from here on he must see what others wrote under theirs.
    ///
    /// As NFS does it, a lock is where caches meet. What is known of the file stays only if it did not change, and
    /// not so lately that it could have changed without its time moving.
    ///
    /// - Parameters:
    ///   - attributes: as the share gave them, with the lock held; nil if it did not.
    ///   - question: asked before the lock was.
    /// - Returns: whether there are notices that the kernel must have taken before he goes on.
    mutating func lockTaken(
        _ id: NodeID, _ attributes: FileAttributes?, _ question: OpenQuestions.Number,
        wall: Timestamp, at now: Duration, _ effects: inout Effects
    ) -> Bool {
        let isOvertaken = questions.close(question)
        guard isKnown(id), let node = self[id] else { return false }
        guard let attributes, !isOvertaken else {
            // Others write through this view in the same moment, without asking for locks: nothing is sure.
            markStale(id, at: now, &effects)
            changedAt[id] = nil
            forgetVersion(id, &effects)
            effects.notices.append(.inode(id))
            return true
        }
        let isSame =
            !node.attributesAreStale && node.attributes.size == attributes.size
            && node.attributes.modified == attributes.modified
            && node.attributes.changed == attributes.changed
        let isSettled =
            node.file?.identity.isPersistent != false
            && Fingerprint(attributes, consistency: .strict)
                .isSettled(asOf: wall, seenFor: node.seenFor(at: now))
        // What changed since may be others' as well as ours.
        changedAt[id] = nil
        update(id, attributes, at: now, &effects)
        if isSame, isSettled { return !effects.notices.isEmpty }
        forgetVersion(id, &effects)
        effects.notices.append(.inode(id))
        return true
    }

    private mutating func forgetVersion(_ id: NodeID, _ effects: inout Effects) {
        guard let file = self[id]?.file else { return }
        // Without a name there is no opening it again.
        if self[id]?.isDetached == true || file.isLive {
            effects.superseded.append((file, true))
        } else {
            effects.dropped.append(file)
        }
        beginVersion(id)
    }
}
