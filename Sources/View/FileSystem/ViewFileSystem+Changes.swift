public import Fuse
public import Model

import Platform
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
        change { [nodes] (lane) throws(Errno) -> NodeID in
            let attributes = try work(lane, location.toBeMade, authority)
            return nodes.change {
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
        guard let known = nodes.location(of: id) else {
            request.reply(error: .noSuchFile)
            return
        }
        let authority = authority(of: request)
        change { [nodes, disk] (lane) throws(Errno) -> NodeID in
            disk?.discardDurably(location.path)
            let attributes = try lane.link(known, to: location.toBeMade, for: authority)
            nodes.change { $0.linked(id, place, attributes, at: $1, &$2) }
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
            guard let entry = nodes.entry(made: id, as: place) else {
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
            nodes.change {
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

    /// Somebody may have found a file, and be about to open it: he is not to look again and again at what others replace. A share
    /// with a server would take that for a file in use.
    private var keepsFoundFiles: Bool { share.nature.isLocal && !configuration.isShared }

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
        // Which spelling is left is for the share to say.
        let newLocation = isExchange ? oldLocation : oldLocation.spelled(newName)
        let isRespelled = replaced != newName || newName.differsInCase(from: listedName)
        let open = isExchange ? nil : openFile(at: newPlace, newLocation)
        guard let authority = open == nil ? authority(of: request) : authorityToOpen(request) else {
            return
        }
        let (movesFolder, isOnFolder) = nodes.willRename(place, newPlace)
        change { [self] (lane) throws(Errno) in
            let found =
                isExchange ? nil : openFile(at: newPlace, newLocation, orFound: keepsFoundFiles)
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
            nodes.change {
                $0.renamed(place, to: newPlace, isExchange: isExchange, at: $1, &$2)
                $0.spelledOtherwise(place, than: name, &$2)
                $0.spelledOtherwise(newPlace, than: newName, &$2)
                if isRespelled { $0.respelled(in: newPlace.parent) }
            }
        } completion: { [self] result in
            nodes.didRename([place, newPlace])
            guard case .failure(let errno) = result else { return Self.answer(request, result) }
            let again: @Sendable () -> Void = { [self] in
                rename(request, parent, name, newParent, newName, flags, since: start)
            }
            if stopsHolding([place, newPlace], after: errno) {
                return onceLetGo(of: [place, newPlace], then: again)
            }
            let giveUp: @Sendable () -> Void = { [self] in
                doubt(errno, place)
                doubt(errno, newPlace)
                Self.answer(request, result)
            }
            guard movesFolder, flags == 0 else { return giveUp() }
            onceHiddenFilesAreGone(newLocation, errno, since: start, else: giveUp, then: again)
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
        guard let found = nodes.file(at: place),
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
        nodes.change { $0.pinned(open.id, open.source, &$2) }
        do throws(Errno) {
            try work()
        } catch {
            // It may have lost its name all the same: an answer was lost, or the share's client has removed it to make room for the
            // other, and failed after that (SMB).
            let hasName =
                Self.isCertain(error) || lane.leads(open.location, to: open.source) == true
            nodes.change {
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
        guard let refusal = share.scheduler.refusal else { return true }
        request.reply(error: refusal)
        return false
    }

    /// A name as its folder lists it, where the share is known to find it in another case as well.
    func listed(_ parent: UInt64, _ name: Name) -> Node.Place {
        nodes.listed(Node.Place(parent: NodeID(raw: parent), name: name))
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
        guard let location = nodes.location(of: place.parent, name) else {
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
            nodes.change {
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
            .symlinkLoop, .notSupported, .notEmpty, .tooManyLinks:
            true
        default: false
        }
    }

    /// As ``doubt(_:_:)-(_,Node.Place)``, for a change of the file itself.
    func doubt(_ errno: Errno, _ id: NodeID) {
        switch errno {
        case .noSpace, .readOnlyFileSystem, .notPermitted, .accessDenied, .notSupported, .noData:
            return
        default:
            let isRefused = Self.isRefused(errno)
            nodes.change {
                $0.doubt(id, isRefused: isRefused, at: $1, &$2)
                if errno == .stale { $0.distrustFolders(above: id, &$2) }
            }
        }
    }

    /// Soon after a file was written, what the share says of it is asked for.
    ///
    /// One question each: listing the folder would ask for all its files again and again while it is being filled.
    func refresh(_ id: NodeID) {
        if nodes.attributesAreStale(of: id) { namespace.revalidate(id) }
    }
}
