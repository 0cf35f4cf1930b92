import Model
import Platform
import Synchronization

/// An open directory of a client, and the listing that it walks through.
///
/// The listing is read whole when it is begun, so that positions in it stay what they are while entries come and
/// go; beginning anew (`rewinddir`) reads it anew.
final class OpenDirectory: Sendable {
    struct Entry: Sendable {
        var name: Name
        var inode: UInt64
        var type: UInt8
    }

    let descriptor: DescriptorReference
    private let isRoot: Bool
    private let listing = Mutex<[Entry]?>(nil)

    init(_ node: Int32, isRoot: Bool) throws(Errno) {
        descriptor = DescriptorReference(try FileCalls.reopen(node, [.readOnly, .directory]))
        self.isRoot = isRoot
    }

    /// All entries, with `.` and `..`.
    ///
    /// - Parameter isBeginning: a listing begins, and is read anew.
    func entries(isBeginning: Bool) throws(Errno) -> [Entry] {
        if !isBeginning, let known = listing.withLock({ $0 }) { return known }
        let fresh = try read()
        listing.withLock { $0 = fresh }
        return fresh
    }

    private func read() throws(Errno) -> [Entry] {
        let directory: UInt8 = 4  // DT_DIR
        let own = try FileCalls.attributes(of: descriptor.rawValue)
        // The root's parent is outside of what is served; as everywhere, it is its own.
        let above =
            isRoot ? own : (try? FileCalls.attributes(at: descriptor.rawValue, "..")) ?? own
        var entries = [
            Entry(name: ".", inode: own.inode, type: directory),
            Entry(name: "..", inode: above.inode, type: directory),
        ]
        // A descriptor of its own, with its own position.
        var reader = DirectoryReader(
            try FileCalls.reopen(descriptor.rawValue, [.readOnly, .directory]))
        while let batch = try reader.next() {
            for entry in batch {
                entries.append(Entry(name: entry.name, inode: entry.inode, type: entry.type))
            }
        }
        return entries
    }
}
