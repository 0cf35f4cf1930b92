public import Fuse
public import Model
public import Platform

import Share
import Tiers

/// Owners, modes, times, sizes and extended attributes that are set.
extension ViewFileSystem {
    public func setAttributes(
        _ request: FuseRequest, node: UInt64, changes: AttributeChanges, handle: UInt64?
    ) {
        let id = NodeID(raw: node)
        guard let changes = changes.withoutOwner(shownAs: configuration.shownOwner) else {
            request.reply(error: .notPermitted)
            return
        }
        guard mayChange(request) else { return }
        let own = handle.flatMap { namespace.openFiles[$0] }
        var authority = authority(of: request)
        authority.isWriting =
            changes.size != nil || own?.isWritable == true || isOpenToWrite(id)
        if case .set = changes.modified, own == nil {
            // Who has closed a file sets its time behind that.
            closingWriters.onceClosed(id) { [self, authority] in
                // Not behind what others do since, for a program that was killed meanwhile.
                guard !request.isAnswered else { return }
                setAttributes(request, id, changes, own, authority)
            }
            request.endsWhenCallerIsKilled()
        } else {
            setAttributes(request, id, changes, own, authority)
        }
    }

    /// Whether somebody has the very file open for writing that a node is known as.
    private func isOpenToWrite(_ id: NodeID) -> Bool {
        // Where a descriptor stays with its file, so does a node.
        guard !share.nature.keepsFiles else {
            return namespace.openFiles.isOpenToWrite(id, as: nil)
        }
        // Under the table's lock: with a new owner both become known at once.
        return nodes.change { [namespace] table, _, _ in
            namespace.openFiles.isOpenToWrite(id, as: table[id]?.attributes)
        }
    }

    private func setAttributes(
        _ request: FuseRequest, _ id: NodeID, _ changes: AttributeChanges, _ own: ShareHandle?,
        _ authority: Authority
    ) {
        // In a view of one's own any open file of the node will do.
        let open = own ?? (configuration.isShared ? nil : namespace.openFiles.handle(of: id))
        if configuration.isShared, changes.concernsRights {
            nodes.change { $0.willChangeRights(id, at: $1, &$2) }
        }
        // Who cuts a file by its name, as who opens it to write.
        let isByName = changes.size != nil && own == nil
        let question = nodes.ask(of: id)
        let (location, names) =
            isByName ? nodes.locationToOpen(id) : (nodes.location(of: id), [])
        let before = nodes.known(id)?.attributes
        // From the end that the file has, or is to have.
        let changed = changes.size.map { min($0, before?.size ?? 0)..<Int64.max }
        let setting = Setting(
            request: request, id: id, changes: changes, before: before, changed: changed,
            question: question)
        let work: @Sendable () -> Void = { [self] in
            if let location {
                change { [self] (lane) throws(Errno) -> FileAttributes in
                    try requireOneFile(names, of: id, before, lane)
                    let isSeenTo = discardVersions(of: id, at: location.path, changes)
                    let found = try lane.setAttributes(
                        location, changes, through: open, for: authority)
                    if !isSeenTo { discardVersions(of: id, as: found, changes) }
                    return enter(found, setting)
                } completion: { [self] in
                    answer(setting, $0)
                }
            } else {
                setNameless(setting, open, authority)
            }
        }
        if let changed { beginChange(of: id, changed, work) } else { work() }
        request.endsWhenCallerIsKilled()
    }

    /// Attributes that are being set.
    private struct Setting: Sendable {
        var request: FuseRequest
        var id: NodeID
        var changes: AttributeChanges
        /// As the node was known.
        var before: FileAttributes?
        /// Bytes that a change of the size concerns.
        var changed: Range<Int64>?
        /// What was known before is asked by.
        var question: OpenQuestions.Number
    }

    /// Of a file that no name leads to.
    private func setNameless(_ setting: Setting, _ open: ShareHandle?, _ authority: Authority) {
        if let open {
            open.perform { [self] (file) throws(Errno) -> FileAttributes in
                _ = discardVersions(of: setting.id, at: nil, setting.changes)
                return enter(try file.setAttributes(setting.changes, for: authority), setting)
            } completion: { [self] in
                answer(setting, $0)
            }
        } else if let nameless = nameless(setting.id) {
            change { [self] (lane) throws(Errno) -> FileAttributes in
                _ = discardVersions(of: setting.id, at: nil, setting.changes)
                return enter(
                    try nameless.setAttributes(lane, setting.changes, for: authority), setting)
            } completion: { [self] in
                answer(setting, $0)
            }
        } else {
            answer(setting, .failure(.stale))
        }
    }

    /// What the share has made of it. On a lane.
    private func enter(_ found: FileAttributes, _ setting: Setting) -> FileAttributes {
        nodes.change { [namespace] table, now, effects in
            let (id, changes) = (setting.id, setting.changes)
            if changes.userID != nil || changes.groupID != nil, let before = setting.before {
                namespace.openFiles.gave(id, from: before, as: found)
            }
            if let size = changes.size { table.truncated(id, to: size, at: now, &effects) }
            // A mode is also in the ACL, and capabilities go with the owner.
            if changes.concernsRights { table.forgetAttributes(of: id) }
            table.changed(id, found, setting.question, at: now, &effects)
            return table[id]?.attributes ?? found
        }
    }

    private func answer(_ setting: Setting, _ result: Result<FileAttributes, Errno>) {
        let (request, id) = (setting.request, setting.id)
        if case .failure(let errno) = result {
            nodes.change { table, now, effects in
                _ = table.questions.close(setting.question)
                table.markStale(id, at: now, &effects)
            }
            doubt(errno, id)
        }
        let reply: @Sendable () -> Void = { [configuration] in
            switch result {
            case .success(let attributes):
                request.reply(attributes: configuration.shownOwner(attributes), timeout: 0)
            case .failure(let errno): request.reply(error: errno)
            }
        }
        if let changed = setting.changed { finishChange(of: id, changed, reply) } else { reply() }
    }

    public func setExtendedAttribute(
        _ request: FuseRequest, node: UInt64, name: Name, value: [UInt8], flags: Int32
    ) {
        let authority = authority(of: request)
        changeExtendedAttribute(request, node) { (lane, location) throws(Errno) in
            try lane.setExtendedAttribute(location, name, to: value, flags: flags, for: authority)
        } nameless: { (lane, open) throws(Errno) in
            try open.setExtendedAttribute(lane, name, to: value, flags: flags, for: authority)
        }
    }

    public func removeExtendedAttribute(_ request: FuseRequest, node: UInt64, name: Name) {
        let authority = authority(of: request)
        changeExtendedAttribute(request, node) { (lane, location) throws(Errno) in
            try lane.removeExtendedAttribute(location, name, for: authority)
        } nameless: { (lane, open) throws(Errno) in
            try open.removeExtendedAttribute(lane, name, for: authority)
        }
    }

    private func changeExtendedAttribute(
        _ request: FuseRequest, _ node: UInt64,
        _ work: @escaping @Sendable (ShareLane, ShareLocation) throws(Errno) -> Void,
        nameless: @escaping @Sendable (ShareLane, OpenNode) throws(Errno) -> Void
    ) {
        let id = NodeID(raw: node)
        let location = nodes.location(of: id)
        let open = location == nil ? self.nameless(id) : nil
        guard location != nil || open != nil else {
            request.reply(error: .stale)
            return
        }
        change { [nodes] (lane) throws(Errno) in
            defer {
                // An ACL is also seen in the mode.
                nodes.change {
                    $0.markStale(id, at: $1, &$2)
                    $0.forgetAttributes(of: id)
                }
            }
            if let location { try work(lane, location) }
            if let open { try nameless(lane, open) }
        } completion: { [self] result in
            if case .failure(.stale) = result { doubt(.stale, id) }
            // ENOSYS would end all setting of attributes for the rest of the mount.
            let isMissing = result.isFailure(.notImplemented)
            Self.answer(request, isMissing ? .failure(.notSupported) : result)
        }
        request.endsWhenCallerIsKilled()
    }
}

extension Result where Success == Void, Failure == Errno {
    fileprivate func isFailure(_ expected: Errno) -> Bool {
        if case .failure(expected) = self { return true }
        return false
    }
}

extension AttributeChanges {
    /// Whether it is about who may do what.
    fileprivate var concernsRights: Bool { mode != nil || userID != nil || groupID != nil }

    /// What is left to do on the share where the view shows an owner of its own: giving a file to whom it is shown as
    /// is done already.
    ///
    /// - Returns: nil where it would be given to somebody else, which could not be shown.
    fileprivate func withoutOwner(shownAs shown: ShownOwner) -> AttributeChanges? {
        var rest = self
        if let owner = shown.userID, let asked = userID {
            guard asked == owner else { return nil }
            rest.userID = nil
        }
        if let group = shown.groupID, let asked = groupID {
            guard asked == group else { return nil }
            rest.groupID = nil
        }
        return rest
    }
}
