import Fuse
import Model
import Platform

/// Listings: one round trip per reply, with attributes or without.
extension Passthrough {
    func openDirectory(_ request: FuseRequest, node: UInt64, flags: Int32) {
        network.serve(.opendir, request) { [self] () throws(Errno) in
            let found = try inodes.descriptor(of: node)
            let directory = try acting(request) { () throws(Errno) in
                try OpenDirectory(found.rawValue, isRoot: node == Inodes.root)
            }
            let reply = FuseOpenReply(handle: directories.add(directory))
            return .init { request.reply(open: reply) }
        }
    }

    func readDirectory(
        _ request: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int, plus: Bool
    ) {
        network.serve(.readdir, request) { [self] () throws(Errno) in
            let directory = try directories.value(handle)
            let page = ListingPage(capacity: size)
            let entries = try directory.entries(isBeginning: offset == 0)
            let lie = node == Inodes.root ? .none : network.lie
            var position = Int(offset)
            while let entry = lie.entry(at: position, of: entries) {
                position += 1
                let next = Int64(position)
                let fits =
                    plus
                    ? add(entry, lie, of: directory, to: page, nextOffset: next)
                    : page.add(entry, nextOffset: next)
                if !fits { break }
            }
            return .init { page.send(to: request) }
        }
    }

    func releaseDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64) {
        network.serve(.releasedir, request) { [self] () throws(Errno) in
            _ = directories.remove(handle)
            return .init { request.reply(error: nil) }
        }
    }

    func synchronizeDirectory(_ request: FuseRequest, node: UInt64, handle: UInt64, dataOnly: Bool)
    {
        network.serve(.fsyncdir, request) { [self] () throws(Errno) in
            try FileCalls.synchronize(
                try directories.value(handle).descriptor.rawValue, dataOnly: dataOnly)
            return .init { request.reply(error: nil) }
        }
    }

    private func add(
        _ entry: OpenDirectory.Entry, _ lie: ListingLie, of directory: OpenDirectory,
        to page: ListingPage,
        nextOffset: Int64
    ) -> Bool {
        let nameOnly = FuseEntry(
            nodeID: 0,
            attributes: FileAttributes(inode: entry.inode, mode: UInt32(entry.type) << 12),
            attributeTimeout: 0, entryTimeout: 0)
        if let file = lie.madeUp(entry.name) {
            return page.add(entry, with: file.answer(timeouts), nextOffset: nextOffset)
        }
        guard entry.name.isPossible,
            let descriptor = try? FileCalls.open(
                at: directory.descriptor.rawValue, entry.name.bytes, [.pathOnly, .noFollow]),
            let found = try? self.entry(descriptor, entry.name, lie)
        else {
            // The dots are not looked up, and what is gone since the listing is a name without a file.
            return page.add(entry, with: nameOnly, nextOffset: nextOffset)
        }
        let fits = page.add(entry, with: found, nextOffset: nextOffset)
        // The kernel will not hear of it, so it cannot forget it either.
        if !fits { inodes.forget(found.nodeID, count: 1) }
        return fits
    }
}
