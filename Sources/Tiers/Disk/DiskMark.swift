import Model
import Platform

/// A small file in a share's cache directory that says something to the next session, whatever becomes of this one.
enum DiskMark {
    /// Listings may lack changes that were made through the view; empty.
    static let changes = Array("CHANGES".utf8)
    /// Up to when stored listings may lack changes: seconds and a newline.
    static let distrust = Array("DISTRUST".utf8)
    /// See ``ListingDoubts``.
    static let doubts = Array("DOUBTS".utf8)
    /// See ``LinkChanges``.
    static let links = Array("LINKS".utf8)
    /// See ``CaseMark``.
    static let letterCase = Array("CASE".utf8)
    /// See ``PinTable``.
    static let pins = Array("PINS".utf8)
    /// See ``ChunkSizeMark``.
    static let sizes = Array("SIZES".utf8)
    /// See ``FollowerRemovals``.
    static let follower = Array("FOLLOWER".utf8)
    /// Beside the objects of a tier whose index lies elsewhere: which index that is.
    static let leader = Array("LEADER".utf8)
    /// Something that had to leave the disk may still be there; empty.
    static let unremoved = Array("UNREMOVED".utf8)

    /// Returns when the mark outlasts a power failure.
    static func write(
        _ root: DescriptorReference, _ name: [UInt8], _ contents: [UInt8] = []
    ) throws(Errno) {
        let file = try FileCalls.open(
            at: root.rawValue, name, [.writeOnly, .create, .truncate, .noFollow, .nonBlocking],
            mode: 0o600)
        try FileContents.write(file.rawValue, contents)
        try FileCalls.synchronize(file.rawValue)
        try FileCalls.synchronize(root.rawValue)
    }

    /// As ``write(_:_:_:)``, of one that is there already: whole or as it was, whatever happens meanwhile.
    static func replace(
        _ root: DescriptorReference, _ name: [UInt8], _ contents: [UInt8]
    ) throws(Errno) {
        let temporary = name + Array(".new".utf8)
        try write(root, temporary, contents)
        try FileCalls.rename(
            at: root.rawValue, Name(temporary), to: root.rawValue, Name(name))
        try FileCalls.synchronize(root.rawValue)
    }

    /// Returns when that outlasts a power failure.
    static func removeDurably(_ root: DescriptorReference, _ name: [UInt8]) throws(Errno) {
        do throws(Errno) {
            try FileCalls.unlink(at: root.rawValue, name)
        } catch .noSuchFile {
            return
        }
        try FileCalls.synchronize(root.rawValue)
    }

    /// - Throws: also where it is longer.
    static func read(
        _ root: DescriptorReference, _ name: [UInt8], bytesMax: Int
    ) throws(Errno) -> [UInt8] {
        let file = try FileCalls.open(
            at: root.rawValue, name, [.readOnly, .noFollow, .nonBlocking])
        return try FileContents.read(file.rawValue, bytesMax: bytesMax)
    }

    static func exists(_ root: DescriptorReference, _ name: [UInt8]) -> Bool {
        (try? FileCalls.attributes(at: root.rawValue, Name(name))) != nil
    }

    /// May come back when the power fails, which costs a look and nothing else.
    static func remove(_ root: DescriptorReference, _ name: [UInt8]) {
        try? FileCalls.unlink(at: root.rawValue, name)
    }
}
