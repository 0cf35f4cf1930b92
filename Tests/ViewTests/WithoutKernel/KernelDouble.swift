import Fuse
import Model
import Platform
import Synchronization

@testable import View

/// Plays the kernel for a view: asks it as a program's calls would, keeps names and attributes for as long as it was told that it may, and
/// gives them up when it is told to.
///
/// It keeps no pages: each read and write goes to the view. Programs ask one after the other, from one thread; notices come from others.
final class KernelDouble: FuseNotifier {
    private struct Dentry: Sendable {
        /// 0: there is no such name.
        var node: UInt64
        var until: Duration
    }

    private struct Key: Hashable, Sendable {
        var parent: UInt64
        var name: Name
    }

    private struct State: Sendable {
        var dentries: [Key: Dentry] = [:]
        var attributes: [UInt64: (value: FileAttributes, until: Duration)] = [:]
        var folders: Set<UInt64> = [KernelDouble.root]
        /// How often each node was handed over.
        var lookups: [UInt64: UInt64] = [:]
        /// Notices so far: an answer that was asked for before one came is not kept.
        var notices = 0
    }

    static let root: UInt64 = 1
    let view: ViewFileSystem
    private let clock: any LarderClock
    private let caller: FuseCaller
    private let state = Mutex(State())
    /// Requests so far.
    let asked = Mutex(0)

    init(_ view: ViewFileSystem, clock: any LarderClock) {
        self.view = view
        self.clock = clock
        caller = FuseCaller(
            userID: ThreadIdentity.ownUserID, groupID: ThreadIdentity.ownGroupID, processID: 0,
            umask: 0o022)
        view.attach(self)
    }

    // MARK: - Asking

    /// Asks, and waits for the answer.
    ///
    /// - Parameter caller: nil: as everybody who asks.
    @discardableResult
    func ask(
        as caller: FuseCaller? = nil, _ body: (FuseRequest) -> Void
    ) throws(Errno) -> FuseAnswer {
        let answer = ConditionMutex<FuseAnswer?>(nil)
        asked.withLock { $0 += 1 }
        body(
            FuseRequest(caller: caller ?? self.caller) { given in
                answer.withLock { answer, condition in
                    answer = given
                    condition.broadcast()
                }
                return true
            })
        let given = answer.wait { answer, _ in answer }
        if case .error(let errno) = given { throw errno }
        return given
    }

    private func take(_ entry: FuseEntry, as key: Key, _ notices: Int) {
        let now = clock.monotonic
        state.withLock { state in
            if entry.nodeID != 0 { state.lookups[entry.nodeID, default: 0] += 1 }
            if entry.attributes.isDirectory { state.folders.insert(entry.nodeID) }
            // What it was before is over in any case.
            state.dentries[key] = nil
            guard state.notices == notices else { return }
            if entry.entryTimeout > 0 {
                state.dentries[key] = Dentry(
                    node: entry.nodeID, until: now + .seconds(entry.entryTimeout))
            }
            if entry.nodeID != 0, entry.attributeTimeout > 0 {
                state.attributes[entry.nodeID] = (
                    entry.attributes, now + .seconds(entry.attributeTimeout)
                )
            }
        }
    }

    private var notices: Int { state.withLock { $0.notices } }

    /// The node of a name.
    func lookup(_ parent: UInt64, _ name: Name) throws(Errno) -> UInt64 {
        let key = Key(parent: parent, name: name)
        let now = clock.monotonic
        let known = state.withLock { $0.dentries[key] }
        if let known, known.until > now {
            guard known.node != 0 else { throw .noSuchFile }
            return known.node
        }
        let notices = notices
        guard case .entry(let entry) = try ask({ view.lookup($0, parent: parent, name: name) })
        else { throw .invalid }
        take(entry, as: key, notices)
        guard entry.nodeID != 0 else { throw .noSuchFile }
        return entry.nodeID
    }

    func node(_ path: RelativePath) throws(Errno) -> UInt64 {
        var node = Self.root
        for name in path.components {
            try requireFolder(node)
            node = try lookup(node, name)
        }
        return node
    }

    private func requireFolder(_ node: UInt64) throws(Errno) {
        guard state.withLock({ $0.folders.contains(node) }) else { throw .notDirectory }
    }

    private func parent(_ path: RelativePath) throws(Errno) -> (UInt64, Name) {
        guard let name = path.components.last else { throw .invalid }
        let folder = try node(path.parent)
        try requireFolder(folder)
        return (folder, name)
    }

    /// As a call with a path: what has gone between two questions is looked for once more.
    func retrying<Value>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value {
        do throws(Errno) {
            return try body()
        } catch .stale {
            state.withLock { $0.dentries = [:] }
            return try body()
        }
    }

    // MARK: - Looking

    func attributes(_ path: RelativePath) throws(Errno) -> FileAttributes {
        try retrying { () throws(Errno) in
            let node = try node(path)
            let now = clock.monotonic
            if let known = state.withLock({ $0.attributes[node] }), known.until > now {
                return known.value
            }
            return try attributes(of: node)
        }
    }

    func attributes(of node: UInt64, handle: UInt64? = nil) throws(Errno) -> FileAttributes {
        let (now, notices) = (clock.monotonic, notices)
        guard
            case .attributes(let value, let timeout) = try ask({
                view.getAttributes($0, node: node, handle: handle)
            })
        else { throw .invalid }
        state.withLock { state in
            guard state.notices == notices, timeout > 0 else { return }
            state.attributes[node] = (value, now + .seconds(timeout))
        }
        return value
    }

    /// The names of a folder, without "." and "..".
    func list(_ path: RelativePath) throws(Errno) -> [Name] {
        try retrying { () throws(Errno) in
            let node = try node(path)
            guard case .open(let open) = try ask({ view.openDirectory($0, node: node, flags: 0) })
            else { throw .invalid }
            defer { _ = try? ask { view.releaseDirectory($0, node: node, handle: open.handle) } }
            var names: [Name] = []
            var offset: Int64 = 0
            while true {
                guard
                    case .bytes(let bytes) = try ask({
                        view.readDirectory(
                            $0, node: node, handle: open.handle, offset: offset, size: 4096,
                            plus: false)
                    })
                else { throw .invalid }
                if bytes.isEmpty { return names.filter { $0 != "." && $0 != ".." } }
                for (name, next) in Self.entries(bytes) {
                    names.append(name)
                    offset = next
                }
            }
        }
    }

    /// `struct fuse_dirent` of the kernel's `fuse.h`: inode, offset, length of the name, type; padded to eight bytes.
    private static func entries(_ bytes: [UInt8]) -> [(Name, Int64)] {
        var found: [(Name, Int64)] = []
        var at = 0
        while at + 24 <= bytes.count {
            let (next, length) = bytes.withUnsafeBytes {
                (
                    $0.loadUnaligned(fromByteOffset: at + 8, as: Int64.self),
                    Int($0.loadUnaligned(fromByteOffset: at + 16, as: UInt32.self))
                )
            }
            found.append((Name(Array(bytes[(at + 24)..<(at + 24 + length)])), next))
            at += (24 + length + 7) / 8 * 8
        }
        return found
    }

    /// Opens, reads all of it in pieces, and closes.
    func read(_ path: RelativePath, piece: Int = 1 << 17) throws(Errno) -> [UInt8] {
        try retrying { () throws(Errno) in
            let node = try node(path)
            let handle = try open(node, O.readOnly)
            defer { close(node, handle) }
            var bytes: [UInt8] = []
            while true {
                let more = try read(node, handle, at: Int64(bytes.count), piece)
                bytes += more
                if more.count < piece { return bytes }
            }
        }
    }

    /// `open(2)`'s flags.
    enum O {
        static let readOnly: Int32 = 0
        static let writeOnly: Int32 = 1
        static let readWrite: Int32 = 2
        static let truncate: Int32 = 0o1000
    }

    func open(_ node: UInt64, _ flags: Int32) throws(Errno) -> UInt64 {
        guard case .open(let open) = try ask({ view.open($0, node: node, flags: flags) }) else {
            throw .invalid
        }
        return open.handle
    }

    func read(
        _ node: UInt64, _ handle: UInt64, at offset: Int64, _ size: Int
    ) throws(Errno) -> [UInt8] {
        guard
            case .bytes(let bytes) = try ask({
                view.read($0, node: node, handle: handle, offset: offset, size: size)
            })
        else { throw .invalid }
        return bytes
    }

    func close(_ node: UInt64, _ handle: UInt64) {
        _ = try? ask { view.flush($0, node: node, handle: handle, lockOwner: 7) }
        _ = try? ask {
            view.release($0, node: node, handle: handle, flags: 0, lockOwner: nil)
        }
    }

    // MARK: - Changing

    func write(
        _ node: UInt64, _ handle: UInt64, _ bytes: [UInt8], at offset: Int64
    ) throws(Errno) {
        var done = 0
        while done < bytes.count {
            guard
                case .count(let count) = try ask({ request in
                    bytes[done...].withUnsafeBytes {
                        view.write(
                            request, node: node, handle: handle, offset: offset + Int64(done),
                            bytes: $0, flags: O.writeOnly, fromCache: false)
                    }
                })
            else { throw .invalid }
            done += count
        }
        // As the kernel does after a write.
        state.withLock { $0.attributes[node] = nil }
    }

    /// Makes a file, or opens the one that is there and empties it.
    func save(_ path: RelativePath, _ bytes: [UInt8]) throws(Errno) {
        try retrying { () throws(Errno) in
            let (parent, name) = try parent(path)
            let (node, handle) = try makeOrOpen(parent, name)
            defer { close(node, handle) }
            try write(node, handle, bytes, at: 0)
        }
    }

    private func makeOrOpen(
        _ parent: UInt64, _ name: Name
    ) throws(Errno) -> (UInt64, UInt64) {
        do throws(Errno) {
            let node = try lookup(parent, name)
            guard !state.withLock({ $0.folders.contains(node) }) else { throw .isDirectory }
            let handle = try open(node, O.writeOnly | O.truncate)
            state.withLock { $0.attributes[node] = nil }
            return (node, handle)
        } catch .noSuchFile {
        }
        let notices = notices
        guard
            case .created(let entry, let open) = try ask({
                view.create(
                    $0, parent: parent, name: name, mode: 0o100644,
                    flags: O.writeOnly | O.truncate)
            })
        else { throw .invalid }
        changed(parent)
        take(entry, as: Key(parent: parent, name: name), notices)
        return (entry.nodeID, open.handle)
    }

    func makeDirectory(_ path: RelativePath) throws(Errno) {
        let (parent, name) = try parent(path)
        let notices = notices
        guard
            case .entry(let entry) = try ask({
                view.makeDirectory($0, parent: parent, name: name, mode: 0o755)
            })
        else { throw .invalid }
        changed(parent)
        take(entry, as: Key(parent: parent, name: name), notices)
    }

    func unlink(_ path: RelativePath) throws(Errno) {
        let (parent, name) = try parent(path)
        _ = try ask { view.unlink($0, parent: parent, name: name) }
        gone(parent, name)
    }

    func removeDirectory(_ path: RelativePath) throws(Errno) {
        let (parent, name) = try parent(path)
        _ = try ask { view.removeDirectory($0, parent: parent, name: name) }
        gone(parent, name)
    }

    func rename(_ path: RelativePath, to newPath: RelativePath) throws(Errno) {
        let ((parent, name), (newParent, newName)) = (try parent(path), try parent(newPath))
        _ = try ask {
            view.rename(
                $0, parent: parent, name: name, newParent: newParent, newName: newName, flags: 0)
        }
        let moved = state.withLock { $0.dentries[Key(parent: parent, name: name)] }
        gone(parent, name)
        gone(newParent, newName)
        if let moved {
            state.withLock { $0.dentries[Key(parent: newParent, name: newName)] = moved }
        }
    }

    /// A folder's times have changed with its names.
    private func changed(_ folder: UInt64) {
        state.withLock { $0.attributes[folder] = nil }
    }

    private func gone(_ parent: UInt64, _ name: Name) {
        changed(parent)
        state.withLock { state in
            let known = state.dentries.removeValue(forKey: Key(parent: parent, name: name))
            if let known { state.attributes[known.node] = nil }
        }
    }

    // MARK: - Forgetting

    /// Gives everything back that no name leads to any more, as under memory pressure.
    func shrink() {
        let given = state.withLock { state in
            let held = Set(state.dentries.values.map(\.node))
            let given = state.lookups.filter { $0.key != Self.root && !held.contains($0.key) }
            for node in given.keys {
                state.lookups[node] = nil
                state.attributes[node] = nil
            }
            return given
        }
        for (node, count) in given { view.forget(node: node, count: count) }
    }

    /// Forgets all names first.
    func dropCaches() {
        state.withLock { state in
            state.dentries = [:]
            state.attributes = [:]
        }
        shrink()
    }

    // MARK: - Notices

    func notifyInvalidateInode(node: UInt64, offset: Int64, length: Int64) throws(Errno) {
        state.withLock { state in
            state.notices += 1
            state.attributes[node] = nil
        }
    }

    func notifyInvalidateEntry(parent: UInt64, name: Name) throws(Errno) {
        state.withLock { state in
            state.notices += 1
            state.dentries[Key(parent: parent, name: name)] = nil
        }
    }

    func notifyPrune(nodes: [UInt64]) throws(Errno) {}
}
