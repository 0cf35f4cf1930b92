public import Fuse
public import Model
public import Platform

import Share
import Tiers

/// Names and attributes that change. Each change is made on the share first, then entered here, then answered.
extension ViewFileSystem {
    // MARK: - Making names

    public func makeNode(
        _ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32, device: UInt64
    ) {
        make(request, parent, name) { (lane, location, authority) throws(Errno) in
            try lane.makeNode(location, mode: mode, device: device, for: authority)
        }
    }

    public func makeDirectory(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32) {
        make(request, parent, name) { (lane, location, authority) throws(Errno) in
            try lane.makeDirectory(location, mode: mode, for: authority)
        }
    }

    public func makeSymbolicLink(
        _ request: FuseRequest, target: [UInt8], parent: UInt64, name: Name
    ) {
        make(request, parent, name, linkTarget: target) {
            (lane, location, authority) throws(Errno) in
            try lane.makeSymbolicLink(location, to: target, for: authority)
        }
    }

    private func make(
        _ request: FuseRequest, _ parent: UInt64, _ name: Name, linkTarget: [UInt8]? = nil,
        _ work:
            @escaping @Sendable (ShareLane, ShareLocation, Authority) throws(Errno) ->
            FileAttributes
    ) {
        guard let (place, location) = target(request, parent, name) else { return }
        let authority = authority(of: request)
        change { [namespace] (lane) throws(Errno) -> NodeID in
            let attributes = try work(lane, location.toBeMade, authority)
            return namespace.change {
                $0.made(place, attributes, linkTarget: linkTarget, at: $1, &$2)
            }
        } completion: { [self] result in
            answer(request, made: result, place)
        }
        request.endsWhenCallerIsKilled()
    }

    public func link(_ request: FuseRequest, node: UInt64, newParent: UInt64, newName: Name) {
        let id = NodeID(raw: node)
        guard let (place, location) = target(request, newParent, newName) else { return }
        guard let known = namespace.location(of: id) else {
            request.reply(error: .noSuchFile)
            return
        }
        let authority = authority(of: request)
        change { [namespace, disk] (lane) throws(Errno) -> NodeID in
            disk?.discardDurably(location.path)
            let attributes = try lane.link(known, to: location.toBeMade, for: authority)
            namespace.change { $0.linked(id, place, attributes, at: $1, &$2) }
            return id
        } completion: { [self] result in
            if case .failure(let errno) = result { doubt(errno, id) }
            answer(request, made: result, place)
        }
        request.endsWhenCallerIsKilled()
    }

    private func answer(
        _ request: FuseRequest, made result: Result<NodeID, Errno>, _ place: Node.Place
    ) {
        switch result {
        case .failure(let errno):
            doubt(errno, place)
            request.reply(error: errno)
        case .success(let id):
            guard let entry = namespace.entry(made: id, as: place) else {
                // Forgotten again in this moment.
                return lookup(request, parent: place.parent.raw, name: place.name)
            }
            if !request.reply(entry: shown(entry)) { forget(node: id.raw, count: 1) }
        }
    }

    // MARK: - Taking names away

    public func unlink(_ request: FuseRequest, parent: UInt64, name: Name) {
        onceLetGo(of: [listed(parent, name)]) { [self] in
            remove(request, parent, name, since: nil) { (lane, location, authority) throws(Errno) in
                try lane.unlink(location, for: authority)
            }
        }
        request.endsWhenCallerIsKilled()
    }

    public func removeDirectory(_ request: FuseRequest, parent: UInt64, name: Name) {
        removeDirectory(request, parent, name, since: clock.monotonic)
        request.endsWhenCallerIsKilled()
    }

    private func removeDirectory(
        _ request: FuseRequest, _ parent: UInt64, _ name: Name, since start: Duration
    ) {
        remove(request, parent, name, since: start) { (lane, location, authority) throws(Errno) in
            try lane.removeDirectory(location, for: authority)
        }
    }

    /// - Parameter start: when it was first tried to remove this folder; nil for a file.
    private func remove(
        _ request: FuseRequest, _ parent: UInt64, _ name: Name, since start: Duration?,
        _ work: @escaping @Sendable (ShareLane, ShareLocation, Authority) throws(Errno) -> Void
    ) {
        guard let (place, location) = target(request, parent, listed(parent, name).name) else {
            return
        }
        let open = openFile(at: place, location)
        guard let authority = open == nil ? authority(of: request) : authorityToOpen(request) else {
            return
        }
        change { [self] (lane) throws(Errno) in
            try keeping(open ?? openFile(at: place, location), lane, authority) {
                () throws(Errno) in
                try work(lane, location, authority)
            }
            namespace.change {
                $0.unlinked(place, at: $1, &$2)
                $0.spelledOtherwise(place, than: name, &$2)
            }
        } completion: { [self] result in
            guard case .failure(let errno) = result else { return Self.answer(request, result) }
            let answer: @Sendable () -> Void = { [self] in
                doubt(errno, place)
                Self.answer(request, result)
            }
            guard let start else {
                guard stopsHolding([place], after: errno) else { return answer() }
                return onceLetGo(of: [place]) { [self] in
                    remove(request, parent, name, since: nil, work)
                }
            }
            onceHiddenFilesAreGone(location, errno, since: start, else: answer) { [self] in
                removeDirectory(request, parent, name, since: start)
            }
        }
    }

    public func rename(
        _ request: FuseRequest, parent: UInt64, name: Name, newParent: UInt64, newName: Name,
        flags: UInt32
    ) {
        let start = clock.monotonic
        onceLetGo(of: [listed(parent, name), listed(newParent, newName)]) { [self] in
            rename(request, parent, name, newParent, newName, flags, since: start)
        }
        request.endsWhenCallerIsKilled()
    }

    /// - Parameter start: when it was first tried.
    private func rename(
        _ request: FuseRequest, _ parent: UInt64, _ name: Name, _ newParent: UInt64,
        _ newName: Name, _ flags: UInt32, since start: Duration
    ) {
        let isExchange = flags & FileCalls.renameExchange != 0
        // Where the two differ in case alone, the spelling is to change.
        let listedName = listed(parent, name).name
        let listedTarget = listed(newParent, newName).name
        let replaced =
            parent == newParent && listedTarget == listedName ? newName : listedTarget
        guard let (place, location) = target(request, parent, listedName),
            let (newPlace, oldLocation) = target(request, newParent, replaced)
        else { return }
        // Somebody may have found it, and be about to open it: he is not to look again and again at what others replace. A share
        // with a server would take that for a file in use.
        let keepsFound = share.nature.isLocal && !configuration.isShared && !isExchange
        // Which spelling is left is for the share to say.
        let newLocation = isExchange ? oldLocation : oldLocation.spelled(newName)
        let isRespelled = replaced != newName || newName.differsInCase(from: listedName)
        let open = isExchange ? nil : openFile(at: newPlace, newLocation)
        guard let authority = open == nil ? authority(of: request) : authorityToOpen(request) else {
            return
        }
        let (movesFolder, isOnFolder) = namespace.willRename(place, newPlace)
        change { [self] (lane) throws(Errno) in
            let found =
                isExchange ? nil : openFile(at: newPlace, newLocation, orFound: keepsFound)
            try keeping(open ?? found, lane, authority) { () throws(Errno) in
                disk?.discardDurably(newLocation.path, isFolder: movesFolder)
                if replaced != newName {
                    disk?.discardDurably(oldLocation.path, isFolder: movesFolder)
                }
                if isExchange {
                    disk?.discardDurably(location.path, isFolder: isOnFolder)
                }
                try lane.rename(location, to: newLocation, flags: flags, for: authority)
            }
            namespace.change {
                $0.renamed(place, to: newPlace, isExchange: isExchange, at: $1, &$2)
                $0.spelledOtherwise(place, than: name, &$2)
                $0.spelledOtherwise(newPlace, than: newName, &$2)
                if isRespelled { $0.respelled(in: newPlace.parent) }
            }
        } completion: { [self] result in
            namespace.didRename([place, newPlace])
            guard case .failure(let errno) = result else { return Self.answer(request, result) }
            let answer: @Sendable () -> Void = { [self] in
                doubt(errno, place)
                doubt(errno, newPlace)
                Self.answer(request, result)
            }
            if stopsHolding([place, newPlace], after: errno) {
                return onceLetGo(of: [place, newPlace]) { [self] in
                    rename(request, parent, name, newParent, newName, flags, since: start)
                }
            }
            guard movesFolder, flags == 0 else { return answer() }
            onceHiddenFilesAreGone(newLocation, errno, since: start, else: answer) { [self] in
                rename(request, parent, name, newParent, newName, flags, since: start)
            }
        }
    }

    /// A file that is open and about to lose its name.
    private struct OpenFile: Sendable {
        var id: NodeID
        var source: ShareFile
        var place: Node.Place
        var location: ShareLocation
    }

    /// - Parameter orFound: also one that the kernel has found and nobody has opened yet.
    private func openFile(
        at place: Node.Place, _ location: ShareLocation, orFound: Bool = false
    ) -> OpenFile? {
        guard let found = namespace.file(at: place),
            found.opens > 0 || orFound && found.isFound
        else { return nil }
        let file = cache.liveFile(
            location.path, size: found.size, anchor: versions.anchor(location.node), source: nil,
            handle: nil)
        return OpenFile(id: found.id, source: file.source, place: place, location: location)
    }

    /// Takes a file's name away. Opened on the share before, it is there until the last one closes it. What cannot be
    /// opened (the daemon may lack the right) is read through a handle that writes, or not at all.
    ///
    /// It is opened anew, and entered before the name is gone: what it was read through so far, others may be about to close,
    /// because the share has just said that there is a newer version; and whoever reads meanwhile must find it by no name.
    private func keeping(
        _ open: OpenFile?, _ lane: ShareLane, _ authority: Authority,
        _ work: () throws(Errno) -> Void
    ) throws(Errno) {
        guard let open, (try? open.source.pin(lane, keeping: authority.companion)) != nil else {
            return try work()
        }
        namespace.change { $0.pinned(open.id, open.source, &$2) }
        do throws(Errno) {
            try work()
        } catch {
            // It may have lost its name all the same: an answer was lost, or the share's client has removed it to make room for the
            // other, and failed after that (SMB).
            let hasName =
                Self.isCertain(error) || lane.leads(open.location, to: open.source) == true
            namespace.change {
                if hasName {
                    $0.unpinned(open.id, open.source, &$2)
                } else {
                    $0.leftPinned(open.id, open.source, &$2)
                    // Whatever the error says.
                    $0.doubt($0.listed(open.place), isRefused: false, at: $1, &$2)
                }
            }
            throw error
        }
    }

    /// Whether a name is certainly not taken away by a change that failed so: answers about the names themselves
    /// (`RENAME_NOREPLACE`, with which `mv` begins, is one), and those that come before anything is done. Fewer than those
    /// of ``isRefused(_:)``: SMB's client gives some of them after it has removed the target.
    private static func isCertain(_ error: Errno) -> Bool {
        switch error {
        case .exists, .notEmpty, .isDirectory, .notDirectory, .crossDevice, .invalid, .nameTooLong,
            .readOnlyFileSystem, .stale:
            true
        default: false
        }
    }

    // MARK: - Attributes

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
        let authority = authority(of: request)
        if case .set = changes.modified, own == nil {
            // Who has closed a file sets its time behind that.
            closingWriters.onceClosed(id) { [self] in
                // Not behind what others do since, for a program that was killed meanwhile.
                guard !request.isAnswered else { return }
                setAttributes(request, id, changes, own, authority)
            }
            request.endsWhenCallerIsKilled()
        } else {
            setAttributes(request, id, changes, own, authority)
        }
    }

    private func setAttributes(
        _ request: FuseRequest, _ id: NodeID, _ changes: AttributeChanges, _ own: ShareHandle?,
        _ authority: Authority
    ) {
        // In a view of one's own any open file of the node will do.
        let open = own ?? (configuration.isShared ? nil : namespace.openFiles.handle(of: id))
        if configuration.isShared, changes.concernsRights {
            namespace.change { $0.willChangeRights(id, at: $1, &$2) }
        }
        // Who cuts a file by its name, as who opens it to write.
        let isByName = changes.size != nil && own == nil
        let question = namespace.ask(of: id)
        let (location, names) =
            isByName ? namespace.locationToOpen(id) : (namespace.location(of: id), [])
        let end = namespace.known(id)?.attributes.size ?? 0
        // From the end that the file has, or is to have.
        let changed = changes.size.map { min($0, end)..<Int64.max }
        let finish: @Sendable (@escaping @Sendable () -> Void) -> Void = { [self] answer in
            if let changed { finishChange(of: id, changed, answer) } else { answer() }
        }
        let completion: @Sendable (Result<FileAttributes, Errno>) -> Void = { [self] result in
            switch result {
            case .success(let attributes):
                finish { [configuration] in
                    request.reply(attributes: configuration.shownOwner(attributes), timeout: 0)
                }
            case .failure(let errno):
                namespace.change { table, now, effects in
                    _ = table.questions.close(question)
                    table.markStale(id, at: now, &effects)
                }
                doubt(errno, id)
                finish { request.reply(error: errno) }
            }
        }
        let settle: @Sendable (FileAttributes) -> FileAttributes = { [namespace] attributes in
            namespace.change { table, now, effects in
                if let size = changes.size { table.truncated(id, to: size, at: now, &effects) }
                // A mode is also in the ACL, and capabilities go with the owner.
                if changes.concernsRights { table.forgetAttributes(of: id) }
                table.changed(id, attributes, question, at: now, &effects)
                return table[id]?.attributes ?? attributes
            }
        }
        let work: @Sendable () -> Void = { [self] in
            if let location {
                change { [self] (lane) throws(Errno) -> FileAttributes in
                    try requireOneFile(names, lane)
                    let isSeenTo = discardVersions(of: id, at: location.path, changes)
                    let found = try lane.setAttributes(
                        location, changes, through: open, for: authority)
                    if !isSeenTo { discardVersions(of: id, as: found, changes) }
                    return settle(found)
                } completion: {
                    completion($0)
                }
            } else if let open {
                open.perform { [self] (file) throws(Errno) -> FileAttributes in
                    _ = discardVersions(of: id, at: nil, changes)
                    return settle(try file.setAttributes(changes, for: authority))
                } completion: {
                    completion($0)
                }
            } else if let nameless = nameless(id) {
                change { [self] (lane) throws(Errno) -> FileAttributes in
                    _ = discardVersions(of: id, at: nil, changes)
                    return settle(try nameless.setAttributes(lane, changes, for: authority))
                } completion: {
                    completion($0)
                }
            } else {
                completion(.failure(.stale))
            }
        }
        if let changed { beginChange(of: id, changed, work) } else { work() }
        request.endsWhenCallerIsKilled()
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
        let location = namespace.location(of: id)
        let open = location == nil ? self.nameless(id) : nil
        guard location != nil || open != nil else {
            request.reply(error: .stale)
            return
        }
        change { [namespace] (lane) throws(Errno) in
            defer {
                // An ACL is also seen in the mode.
                namespace.change {
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

    // MARK: - Around each change

    /// A file that lost its last name and is open, if it can be reached.
    func nameless(_ id: NodeID) -> OpenNode? {
        if let handle = namespace.openFiles.handle(of: id) { return OpenNode(handle) }
        guard let source = versions.current(id)?.source, source.isUnversioned else { return nil }
        return OpenNode(source)
    }

    /// Runs a change on a lane.
    func change<Value: Sendable>(
        _ work: @escaping @Sendable (ShareLane) throws(Errno) -> Value,
        completion: @escaping @Sendable (Result<Value, Errno>) -> Void
    ) {
        share.change { [disk] (lane) throws(Errno) -> Value in
            disk?.noteChange()
            return try work(lane)
        } completion: {
            completion($0)
        }
    }

    /// Whether a change can be tried; answers the request where the share is known not to answer. What is not tried leaves nothing
    /// in doubt: the index keeps its listings and the tiers what they have, also for a start without the share.
    func mayChange(_ request: FuseRequest) -> Bool {
        guard !share.scheduler.isReachable else { return true }
        request.reply(error: .timedOut)
        return false
    }

    /// A name as its folder lists it, where the share is known to find it in another case as well.
    func listed(_ parent: UInt64, _ name: Name) -> Node.Place {
        namespace.listed(Node.Place(parent: NodeID(raw: parent), name: name))
    }

    /// Where a name is to be made or taken away; answers the request where there is no such place, or nothing can be changed.
    func target(
        _ request: FuseRequest, _ parent: UInt64, _ name: Name
    ) -> (Node.Place, ShareLocation)? {
        guard name.bytes.count <= 255 else {
            request.reply(error: .nameTooLong)
            return nil
        }
        let place = Node.Place(parent: NodeID(raw: parent), name: name)
        guard let location = namespace.location(of: place.parent, name) else {
            // Its folder was removed while somebody is in it.
            request.reply(error: .noSuchFile)
            return nil
        }
        guard mayChange(request) else { return nil }
        return (place, location)
    }

    /// A change was refused, or it is not known what became of it.
    func doubt(_ errno: Errno, _ place: Node.Place) {
        switch errno {
        // These say nothing of the name, and nothing was done.
        case .noSpace, .readOnlyFileSystem, .notPermitted, .accessDenied, .nameTooLong: return
        default:
            let isRefused = Self.isRefused(errno)
            namespace.change {
                let place = $0.listed(place)
                $0.doubt(place, isRefused: isRefused, at: $1, &$2)
                // Something stands there that nobody here has seen.
                if isRefused, errno != .noSuchFile { $0.expectSomething(at: place) }
                if errno == .stale { $0.distrustFolders(above: place.parent, &$2) }
            }
        }
    }

    /// Whether nothing was changed, for a reason that lies in the names themselves.
    private static func isRefused(_ errno: Errno) -> Bool {
        switch errno {
        case .noSuchFile, .exists, .notDirectory, .isDirectory, .invalid, .crossDevice, .busy,
            .symlinkLoop, .notSupported, .notEmpty:
            true
        default: errno.rawValue == 31  // EMLINK
        }
    }

    /// As ``doubt(_:_:)-(_,Node.Place)``, for a change of the file itself.
    func doubt(_ errno: Errno, _ id: NodeID) {
        switch errno {
        case .noSpace, .readOnlyFileSystem, .notPermitted, .accessDenied, .notSupported, .noData:
            return
        default:
            let isRefused = Self.isRefused(errno)
            namespace.change {
                $0.doubt(id, isRefused: isRefused, at: $1, &$2)
                if errno == .stale { $0.distrustFolders(above: id, &$2) }
            }
        }
    }

    /// Soon after a file was written, what the share says of it is asked for.
    ///
    /// One question each: listing the folder would ask for all its files again and again while it is being filled.
    func refresh(_ id: NodeID) {
        if namespace.attributesAreStale(of: id) { namespace.perform(.revalidate(id)) }
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
