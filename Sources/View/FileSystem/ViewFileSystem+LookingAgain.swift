import Fuse
import Model
import Platform
import Share
import Synchronization
import Tiers

/// A file that was found may be replaced before it is opened.
///
/// The kernel then looks once more what the name means, and a program gets `ESTALE` where that happens a second time, as it does while
/// others save one after the other. So what is looked up again is opened before its name is answered: whatever is done to the name
/// from there on, it can be read, as by who has opened it.
extension ViewFileSystem {
    /// Within which the kernel looks again; and opens what it has found.
    private static var lookAgainTime: Duration { .seconds(1) }
    /// Times a name is asked for while what it means is replaced.
    private static var lookAgainMax: Int { 8 }

    /// Answers an open of what its name does not mean any more.
    func replyReplaced(_ request: FuseRequest, _ id: NodeID) {
        let now = clock.monotonic
        if let place = nodes.place(of: id) {
            replacedPlaces.withLock { _ = $0.insert(now, for: place) }
        }
        request.reply(error: .stale)
    }

    /// Finds a name for the kernel.
    func find(
        _ place: Node.Place, for caller: Int32, attempt: Int = 1,
        completion: @escaping @Sendable (Namespace.EntryResult) -> Void
    ) {
        let goOn: @Sendable () -> Void = { [self] in
            findClosed(place, for: caller, attempt: attempt, completion: completion)
        }
        guard closingWriters.areAny,
            let id = nodes.node(at: place)
        else { return goOn() }
        closingWriters.onceClosed(id, then: goOn)
    }

    private func findClosed(
        _ place: Node.Place, for caller: Int32, attempt: Int,
        completion: @escaping @Sendable (Namespace.EntryResult) -> Void
    ) {
        namespace.lookup(parent: place.parent, name: place.name, for: caller) { [self] result in
            // Mostly there are none, and nothing is looked up.
            let replacedAt = replacedPlaces.withLock { $0.count > 0 ? $0.value(for: place) : nil }
            guard let replacedAt, clock.monotonic - replacedAt < Self.lookAgainTime,
                case .success(let entry) = result, entry.nodeID != 0, entry.attributes.isRegular
            else { return completion(result) }
            let id = NodeID(raw: entry.nodeID)
            holdFound(id) { [self] isReadable in
                guard !isReadable, attempt < Self.lookAgainMax else { return completion(result) }
                forget(node: id.raw, count: 1)
                find(place, for: caller, attempt: attempt + 1, completion: completion)
            }
        }
    }

    /// Opens on the share what was found, and has it count as open until it is or ought to be.
    private func holdFound(_ id: NodeID, completion: @escaping @Sendable (Bool) -> Void) {
        let isHeld = heldFiles.withLock { $0.insert(id).inserted }
        if isHeld {
            nodes.held(id)
            delays.submit(due: clock.monotonic + Self.lookAgainTime) { [self] in letGoOfFound(id) }
        }
        versions.find(id) { [self] file in
            guard let file else { return completion(false) }
            openOnShare(file, of: id) { [nodes] result in
                // Replaced meanwhile in the view, it was kept open as any that is.
                let isKept = nodes.liveSource(of: id) != nil
                if case .failure(.stale) = result { completion(isKept) } else { completion(true) }
            }
        }
    }

    /// Whether a share that takes what is open for in use has refused to take one of these names away, while the file was kept
    /// open only for somebody who may be about to open it. It is no longer.
    func stopsHolding(_ places: [Node.Place], after errno: Errno) -> Bool {
        guard errno.isDenial || errno == .busy else { return false }
        let ids = places.compactMap { nodes.node(at: $0) }
        let held = heldFiles.withLock { held in ids.filter { held.contains($0) } }
        for id in held { letGoOfFound(id) }
        return !held.isEmpty
    }

    /// Somebody has opened it, or will not any more.
    func letGoOfFound(_ id: NodeID) {
        guard heldFiles.withLock({ $0.remove(id) }) != nil else { return }
        released(id)
    }
}
