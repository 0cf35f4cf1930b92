import Fuse
import Synchronization

/// One reply of a listing, filled on one thread and sent from another.
final class ListingPage: Sendable {
    private let buffer: Mutex<FuseDirectoryBuffer?>

    init(capacity: Int) {
        buffer = Mutex(FuseDirectoryBuffer(capacity: capacity))
    }

    /// - Returns: false when it does not fit any more.
    func add(_ entry: OpenDirectory.Entry, nextOffset: Int64) -> Bool {
        buffer.withLock {
            $0?.add(
                name: entry.name, inode: entry.inode, type: entry.type, nextOffset: nextOffset)
                ?? false
        }
    }

    func add(_ entry: OpenDirectory.Entry, with attributes: FuseEntry, nextOffset: Int64) -> Bool {
        buffer.withLock {
            $0?.addPlus(name: entry.name, entry: attributes, nextOffset: nextOffset) ?? false
        }
    }

    /// Sends what was added; once.
    func send(to request: FuseRequest) {
        if let filled = buffer.withLock({ $0.take() }) { request.reply(directory: filled) }
    }
}
