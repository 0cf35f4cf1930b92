import Fuse
import Glibc
import Model
import Platform
import Synchronization

/// Open files: their bytes, and what can be done with them.
extension Passthrough {
    func open(_ request: FuseRequest, node: UInt64, flags: Int32) {
        network.serve(.open, request) { [self] () throws(Errno) in
            let found = try inodes.descriptor(of: node)
            let file = try acting(request) { () throws(Errno) in
                try OpenFile(found.rawValue, flags: flags)
            }
            // The kernel's cached pages go at every open, and O_DIRECT needs no help: with direct_io the kernel
            // would send the pieces of a large request one after the other instead of together.
            let reply = FuseOpenReply(handle: opened(file, of: node))
            return .init { request.reply(open: reply) }
        }
    }

    func create(_ request: FuseRequest, parent: UInt64, name: Name, mode: UInt32, flags: Int32) {
        network.serve(.create, request) { [self] () throws(Errno) in
            let directory = try inodes.descriptor(of: parent)
            let asked = OpenFlags(rawValue: flags)
            let opening = asked.subtracting(.direct).union([.create, .exclusive, .noFollow])
            var made: Int32 = -1
            do throws(Errno) {
                let name = try listed(name, in: directory)
                made = try making(request) { () throws(Errno) in
                    try FileCalls.open(at: directory.rawValue, name.bytes, opening, mode: mode)
                        .release()
                }
            } catch .exists where !asked.contains(.exclusive) {
                // Somebody was faster. The kernel looks again after ESTALE, and checks whether this caller may
                // open what is there.
                throw .stale
            }
            let descriptor = FileDescriptor(owning: made)
            let node = try FileCalls.reopen(made, .pathOnly)
            let file = OpenFile(node.rawValue, descriptor, flags: opening.rawValue)
            let entry = try entry(node, name, .none)
            let reply = FuseOpenReply(handle: opened(file, of: entry.nodeID))
            return .init { request.reply(created: entry, open: reply) }
        }
    }

    func read(_ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int) {
        network.serve(.read, request) { [self] () throws(Errno) in
            let file = try files.value(handle)
            openNodes.used(node, handle)
            let buffer = TransferBuffer(size)
            buffer.count = try FileCalls.read(
                file.descriptor.rawValue, into: buffer.storage, at: offset)
            return .init(bytes: buffer.count) { request.reply(bytes: buffer.bytes) }
        }
    }

    func write(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64,
        bytes: UnsafeRawBufferPointer, flags: Int32, fromCache: Bool
    ) {
        // Copied, because a share that hangs keeps the request beyond this call.
        let bytes = TransferBuffer(copying: bytes)
        network.serve(.write, request) { [self] () throws(Errno) in
            let file = try files.value(handle)
            openNodes.used(node, handle)
            file.isDirty.store(true, ordering: .relaxed)
            file.isWritten.store(true, ordering: .relaxed)
            let appends = flags & O_APPEND != 0 && !fromCache
            let target = appends ? file.descriptor : file.unappended
            let count = try FileCalls.writeSome(target.rawValue, bytes.bytes, at: offset)
            return .init(bytes: count) { request.reply(written: count) }
        }
    }

    func flush(_ request: FuseRequest, node: UInt64, handle: UInt64, lockOwner: UInt64) {
        locks.release(node: node, owner: lockOwner)
        openNodes.used(node, handle, isFlush: true)
        let file = try? files.value(handle)
        let isDirty = file?.isDirty.exchange(false, ordering: .relaxed) ?? false
        let stamped =
            traits.stampsAtClose && file?.isWritten.load(ordering: .relaxed) == true ? file : nil
        // Closing what was only read costs a network client nothing.
        network.serve(.flush, request, costsRoundTrip: isDirty) { () throws(Errno) in
            if let stamped {
                try FileCalls.setTimes(
                    of: stamped.descriptor.rawValue, accessed: .omit, modified: .now)
            }
            return .init { request.reply(error: nil) }
        }
    }

    func release(
        _ request: FuseRequest, node: UInt64, handle: UInt64, flags: Int32, lockOwner: UInt64?
    ) {
        network.serve(.release, request) { [self] () throws(Errno) in
            locks.release(handle: handle)
            _ = files.remove(handle)
            closed(node, handle)
            return .init { request.reply(error: nil) }
        }
    }

    func synchronize(_ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool) {
        network.serve(.fsync, request) { [self] () throws(Errno) in
            try FileCalls.synchronize(
                try files.value(handle).descriptor.rawValue, dataOnly: dataOnly)
            return .init { request.reply(error: nil) }
        }
    }

    func allocate(
        _ request: FuseRequest, node: UInt64, handle: UInt64, mode: Int32, offset: Int64,
        length: Int64
    ) {
        network.serve(.fallocate, request) { [self] () throws(Errno) in
            let file = try files.value(handle)
            try FileCalls.allocate(
                file.descriptor.rawValue, mode: mode, offset: offset, length: length)
            return .init { request.reply(error: nil) }
        }
    }

    func seek(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, whence: SeekWhence
    ) {
        network.serve(.lseek, request) { [self] () throws(Errno) in
            let found = try FileCalls.seek(
                try files.value(handle).descriptor.rawValue, to: offset, whence: whence.rawValue)
            return .init { request.reply(offset: found) }
        }
    }

    /// The bytes stay on the share, so they cost no bandwidth.
    func copyRange(
        _ request: FuseRequest, from source: FusePosition, to target: FusePosition, length: Int
    ) {
        network.serve(.copyFileRange, request) { [self] () throws(Errno) in
            let from = try files.value(source.handle).descriptor
            let to = try files.value(target.handle)
            to.isDirty.store(true, ordering: .relaxed)
            let count = try FileCalls.copyRange(
                from: from.rawValue, at: source.offset, to: to.unappended.rawValue,
                at: target.offset, length: length)
            return .init { request.reply(written: count) }
        }
    }
}
