public import Fuse
public import Model

import Foresight
import Platform
import Share
import Synchronization

/// Names and attributes.
extension ViewFileSystem {
    public func lookup(_ request: FuseRequest, parent: UInt64, name: Name) {
        let start = clock.monotonic
        let folder = NodeID(raw: parent)
        admit(request, .execute, on: folder) { [self] in
            let caller = request.caller.processID
            find(Node.Place(parent: folder, name: name), for: caller) { [self] result in
                switch result {
                case .success(let entry):
                    record(request, .lookup, entry.nodeID, since: start)
                    // The kernel counts an entry only when it took the answer.
                    if !request.reply(entry: shown(entry)), entry.nodeID != 0 {
                        forget(node: entry.nodeID, count: 1)
                    }
                case .failure(let errno): request.reply(error: errno)
                }
            }
            request.endsWhenCallerIsKilled()
        }
    }

    public func forget(node: UInt64, count: UInt64) {
        nodes.forget(NodeID(raw: node), count: count)
    }

    public func getAttributes(_ request: FuseRequest, node: UInt64, handle: UInt64?) {
        let start = clock.monotonic
        let id = NodeID(raw: node)
        closingWriters.onceClosed(id) { [self] in
            namespace.attributes(of: id, isAnswer: true) { [self] result in
                switch result {
                case .success(let (attributes, timeout)):
                    record(request, .lookup, node, since: start)
                    // Of changes before that the kernel is not told.
                    let isTold = id != .root || invalidator.isRootKnown
                    request.reply(
                        attributes: configuration.shownOwner(attributes),
                        timeout: isTold ? timeout : 0)
                case .failure(let errno): request.reply(error: errno)
                }
            }
        }
        request.endsWhenCallerIsKilled()
    }

    public func readLink(_ request: FuseRequest, node: UInt64) {
        let id = NodeID(raw: node)
        let (target, location) = nodes.linkTarget(of: id)
        if let target {
            request.reply(link: target)
            return
        }
        guard let location else {
            request.reply(error: .stale)
            return
        }
        share.readLink(location) { [self] result in
            switch result {
            case .success(let target):
                namespace.stored.learned(linkTarget: target, of: id)
                request.reply(link: target)
            case .failure(let errno):
                if errno == .stale { doubt(errno, id) }
                request.reply(error: errno)
            }
        }
        request.endsWhenCallerIsKilled()
    }

    /// The kernel checks modes itself (`default_permissions`) and asks only without it.
    public func access(_ request: FuseRequest, node: UInt64, mask: Int32) {
        getAttributesExist(request, node)
    }

    private func getAttributesExist(_ request: FuseRequest, _ node: UInt64) {
        namespace.attributes(of: NodeID(raw: node)) { result in
            switch result {
            case .success: request.reply(error: nil)
            case .failure(let errno): request.reply(error: errno)
            }
        }
        request.endsWhenCallerIsKilled()
    }

    /// The figures of the share's file system that the file lies on, no older than attributes may be while it can be
    /// reached.
    ///
    /// This process itself asks to see that requests to the view are answered, which a share that hangs is no reason
    /// against: it gets what is known, however old. (Chosen since the kernel never answers it by itself. Attributes it
    /// remembers, extended ones it stops asking for where the share has none.)
    public func statistics(_ request: FuseRequest, node: UInt64) {
        if ProcessReference.isOwnThread(request.caller.processID) {
            request.reply(fileSystem: usage.withLock { $0.ofShare.value })
            return
        }
        // `find` and file managers ask once per folder: like attributes, an aging answer is given at once and
        // renewed behind the asker's back.
        let (fileSystem, location) = nodes.fileSystem(of: NodeID(raw: node))
        let now = clock.monotonic
        let (known, state) = usage.withLock { usage -> (FileSystemUsage?, Validity.State) in
            guard let known = usage[fileSystem] else { return (nil, .expired) }
            let validity = Validity(since: known.at, ttl: nodes.rules.attributeTTL)
            return (known.value, nodes.rules.state(of: validity, at: now))
        }
        let isWaiting = state == .expired
        if !isWaiting, let known { request.reply(fileSystem: known) }
        guard state != .fresh else { return }
        share.usage(at: location) { [self] result in
            switch result {
            case .success(let fresh):
                usage.withLock { $0.note(fresh, of: fileSystem, at: clock.monotonic) }
                if isWaiting { request.reply(fileSystem: fresh) }
            case .failure:
                // A figure that is not this one's does less harm than an error for who only wants to know the block size.
                let ofShare = usage.withLock { $0.ofShare.value }
                if isWaiting { request.reply(fileSystem: known ?? ofShare) }
            }
        }
        request.endsWhenCallerIsKilled()
    }
}
