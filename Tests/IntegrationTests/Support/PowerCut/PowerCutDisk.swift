import Fuse
import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

/// A disk whose power fails: a file system in memory that knows what was flushed, and at a cut loses any part of the rest
/// (``CutTree``). The cache of a view lies on it.
///
/// Served by threads of the test's own process; only programs that the test started may use it.
final class PowerCutDisk: FuseFileSystem {
    private struct State: Sendable {
        var tree = CutTree()
        var chance: SplitMix
        var operations = 0
    }

    /// Of so many changes one makes the kernel write something out by itself.
    private static let changesPerFlush = 400
    private static let size = 8 << 30

    let path: String
    private let usage: FileSystemUsage
    private let state: Mutex<State>
    private let session = Mutex<FuseSession?>(nil)

    /// Mounts. The area takes the mount away in the end.
    init(_ area: Area, seed: UInt64, name: String = "cutdisk") throws {
        path = try area.makeDirectory(name)
        let folder = try Calls.open(path)
        usage = try withExtendedLifetime(folder) { try FileCalls.fileSystem(of: folder.descriptor) }
        state = Mutex(State(chance: SplitMix(seed: seed)))
        let session = try FuseSession(
            fileSystem: self, fsName: "cutdisk", subtype: "cutdisk",
            options: TestRun.isRoot ? ["allow_other"] : [])
        try session.mount(at: path)
        self.session.withLock { $0 = session }
        startTestThread { try? session.run(threadsMax: 8) }
    }

    /// The power fails and comes back. Nothing may have a file open: what did was killed.
    func cut(_ kind: CutTree.Cut) {
        state.withLock { state in
            var tree = state.tree
            tree.cut(kind, &state.chance)
            state.tree = tree
        }
    }

    var operations: Int { state.withLock { $0.operations } }

    func stop() {
        session.withLock { session in
            session?.unmount()
            session?.exit()
            session = nil
        }
    }

    // MARK: As the kernel asks

    var features: FuseFeatures { [.writes, .synchronize, .allocate, .seek] }

    private func answer<Value: Sendable>(
        _ request: FuseRequest, _ body: (inout CutTree) throws(Errno) -> Value,
        _ reply: (Value) -> Void
    ) {
        do throws(Errno) {
            reply(
                try state.withLock { state throws(Errno) in
                    state.operations += 1
                    return try body(&state.tree)
                })
        } catch {
            request.reply(error: error)
        }
    }

    private func change<Value: Sendable>(
        _ request: FuseRequest, _ body: (inout CutTree) throws(Errno) -> Value,
        _ reply: (Value) -> Void
    ) {
        answer(request, body, reply)
        state.withLock { state in
            if Int.random(in: 0..<Self.changesPerFlush, using: &state.chance) == 0 {
                state.tree.flushSomething(&state.chance)
            }
        }
    }

    private static func entry(_ id: UInt64, _ tree: CutTree) throws(Errno) -> FuseEntry {
        FuseEntry(
            nodeID: id, attributes: try own(tree.attributes(id)), attributeTimeout: 0,
            entryTimeout: 0)
    }

    private static func own(_ attributes: FileAttributes) -> FileAttributes {
        var attributes = attributes
        attributes.userID = geteuid()
        attributes.groupID = getegid()
        return attributes
    }

    func lookup(_ request: FuseRequest, parent: UInt64, name: Name) {
        answer(request) { tree throws(Errno) in
            try Self.entry(try tree.node(name, in: parent), tree)
        } _: {
            request.reply(entry: $0)
        }
    }

    func getAttributes(_ request: FuseRequest, node: UInt64, handle: UInt64?) {
        answer(request) { tree throws(Errno) in
            try Self.own(tree.attributes(node))
        } _: {
            request.reply(attributes: $0, timeout: 0)
        }
    }

    func setAttributes(
        _ request: FuseRequest, node: UInt64, changes: AttributeChanges, handle: UInt64?
    ) {
        change(request) { tree throws(Errno) in
            if let size = changes.size { try tree.change(node) { $0.setSize(Int(size)) } }
            return try Self.own(tree.attributes(node))
        } _: {
            request.reply(attributes: $0, timeout: 0)
        }
    }

    func makeDirectory(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32) {
        change(request) { tree throws(Errno) in
            try Self.entry(try tree.make(name, in: parent, isFolder: true), tree)
        } _: {
            request.reply(entry: $0)
        }
    }

    func unlink(_ request: FuseRequest, parent: UInt64, name: Name) {
        change(request) { tree throws(Errno) in
            try tree.remove(name, from: parent, isFolder: false)
        } _: {
            request.reply(error: nil)
        }
    }

    func removeDirectory(_ request: FuseRequest, parent: UInt64, name: Name) {
        change(request) { tree throws(Errno) in
            try tree.remove(name, from: parent, isFolder: true)
        } _: {
            request.reply(error: nil)
        }
    }

    func rename(
        _ request: FuseRequest, parent: UInt64, name: Name, newParent: UInt64, newName: Name,
        flags: UInt32
    ) {
        change(request) { tree throws(Errno) in
            guard flags == 0 else { throw .invalid }
            try tree.rename(name, in: parent, to: newName, in: newParent)
        } _: {
            request.reply(error: nil)
        }
    }

    func open(_ request: FuseRequest, node: UInt64, flags: Int32) {
        change(request) { tree throws(Errno) in
            _ = try tree.file(node)
            if flags & O_TRUNC != 0 { try tree.change(node) { $0.setSize(0) } }
        } _: {
            request.reply(open: FuseOpenReply(handle: node, keepCache: true))
        }
    }

    func create(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32, flags: Int32) {
        change(request) { tree throws(Errno) in
            try Self.entry(try tree.make(name, in: parent, isFolder: false), tree)
        } _: {
            request.reply(created: $0, open: FuseOpenReply(handle: $0.nodeID))
        }
    }

    func read(_ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int) {
        answer(request) { tree throws(Errno) in
            try tree.file(node).read(at: Int(offset), size)
        } _: { bytes in
            bytes.withUnsafeBytes { _ = request.reply(bytes: $0) }
        }
    }

    func write(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64,
        bytes: UnsafeRawBufferPointer, flags: Int32, fromCache: Bool
    ) {
        let copy = [UInt8](bytes)
        change(request) { tree throws(Errno) in
            try tree.change(node) { content in
                copy.withUnsafeBytes { content.write($0, at: Int(offset)) }
            }
        } _: {
            request.reply(written: copy.count)
        }
    }

    func release(
        _ request: FuseRequest, node: UInt64, handle: UInt64, flags: Int32, lockOwner: UInt64?
    ) {
        request.reply(error: nil)
    }

    func synchronize(_ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool) {
        answer(request) { tree throws(Errno) in
            tree.flush(node)
        } _: {
            request.reply(error: nil)
        }
    }

    func allocate(
        _ request: FuseRequest, node: UInt64, handle: UInt64, mode: Int32, offset: Int64,
        length: Int64
    ) {
        change(request) { tree throws(Errno) in
            // FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
            guard mode == 3 else { throw .notSupported }
            try tree.change(node) { $0.punch(Int(offset)..<Int(offset + length)) }
        } _: {
            request.reply(error: nil)
        }
    }

    func seek(_ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, whence: Int32) {
        answer(request) { tree throws(Errno) in
            guard
                let found = try tree.file(node).next(data: whence == seekData, from: Int(offset))
            else { throw .noSuchDevice }
            return Int64(found)
        } _: {
            request.reply(offset: $0)
        }
    }

    func openDirectory(_ request: FuseRequest, node: UInt64, flags: Int32) {
        request.reply(open: FuseOpenReply(handle: node))
    }

    func readDirectory(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int, plus: Bool
    ) {
        answer(request) { tree throws(Errno) in
            // By number: what comes and goes meanwhile moves nothing.
            try tree.folder(node).sorted { $0.value < $1.value }.map { name, id throws(Errno) in
                (name, id, try tree.attributes(id).directoryEntryType)
            }
        } _: { entries in
            var buffer = FuseDirectoryBuffer(capacity: size)
            for (name, id, type) in entries where Int64(id) > offset {
                guard buffer.add(name: name, inode: id, type: type, nextOffset: Int64(id)) else {
                    break
                }
            }
            request.reply(directory: buffer)
        }
    }

    func releaseDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64) {
        request.reply(error: nil)
    }

    func synchronizeDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool)
    {
        answer(request) { tree throws(Errno) in
            tree.flush(node)
        } _: {
            request.reply(error: nil)
        }
    }

    func statistics(_ request: FuseRequest, node: UInt64) {
        answer(request) { [usage] tree throws(Errno) in
            var usage = usage
            usage.blockSize = UInt64(SparseContent.page)
            usage.fragmentSize = usage.blockSize
            usage.blocks = UInt64(Self.size / SparseContent.page)
            usage.blocksFree = UInt64(max(0, Self.size - tree.allocated) / SparseContent.page)
            usage.blocksAvailable = usage.blocksFree
            return usage
        } _: {
            request.reply(fileSystem: $0)
        }
    }
}
