import Model
import Platform

/// Packs: files that hold the chunks of many small files, one behind the other.
///
/// A file of its own costs a small object three random reads when it is cold (directory, inode, data) and a
/// directory block; measured over 2,000 documents of 5 to 50 KiB, that is 0.26 s against 0.04 s when neighbours
/// lie together. A chunk is appended at the next multiple of 4 KiB and never moves; evicting it punches
/// its pages; a pack without pages is removed. Numbers and places are never used twice.
final class PackFiles: Sendable {
    /// Chunks start at multiples of this, so that punching one gives its pages back.
    static let alignment = 4096
    /// A pack that has grown to this is left, and a new one begun.
    static let sizeMax: Int64 = 16 << 20
    /// Files up to here live in packs: they have one block per chunk.
    static let smallFileMax = Int64(ChunkGeometry.blockSizeMax)

    private let root: DescriptorReference
    private let readers = DescriptorCache(capacity: 64)

    init(root: DescriptorReference) {
        self.root = root
    }

    /// `packs/00000001`
    static func path(_ number: UInt32) -> [UInt8] {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 8 - digits.count))
        return Array("packs/\(zeros)\(digits)".utf8)
    }

    /// A descriptor for reading through the page cache, whose readahead brings the neighbours along.
    func reader(_ number: UInt32) throws(Errno) -> DescriptorReference {
        try readers.descriptor(.pack(number)) { () throws(Errno) in
            try FileCalls.open(
                beneath: root.rawValue, Self.path(number), [.readOnly, .noAccessTime])
        }
    }

    func open(_ number: UInt32) throws(Errno) -> FileDescriptor {
        try FileCalls.open(
            beneath: root.rawValue, Self.path(number), [.readWrite, .create], mode: 0o600)
    }

    func openExisting(_ number: UInt32) throws(Errno) -> FileDescriptor {
        try FileCalls.open(beneath: root.rawValue, Self.path(number), [.readWrite])
    }

    /// Whether nothing but holes is left. Not the same as no blocks: a file system may keep some to describe
    /// the holes.
    static func isEmpty(_ descriptor: Int32) -> Bool {
        do throws(Errno) {
            return try FileCalls.nextData(descriptor, from: 0) == nil
        } catch {
            return (try? FileCalls.attributes(of: descriptor).blocks) == 0
        }
    }

    func remove(_ number: UInt32) throws(Errno) {
        readers.remove(.pack(number))
        try FileCalls.unlink(at: root.rawValue, Self.path(number))
    }

    /// Numbers of all packs, in order.
    func numbers() throws(Errno) -> [UInt32] {
        let directory = try FileCalls.open(
            beneath: root.rawValue, Array("packs".utf8), [.readOnly, .directory])
        var reader = DirectoryReader(directory)
        var found: [UInt32] = []
        while let batch = try reader.next() {
            found += batch.compactMap { UInt32($0.name.description) }
        }
        return found.sorted()
    }
}
