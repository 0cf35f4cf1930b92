import Model
import Platform
import Synchronization

/// The files of objects: `objects/ab/cd/<64 hexadecimal digits>`, sparse, as long as the file they stand for.
///
/// Threads: any for reading; making and removing belongs to the keeper.
final class ObjectFiles: Sendable {
    /// Of the share's cache directory.
    private let root: DescriptorReference
    private let readers = DescriptorCache(capacity: 256)
    /// Whether the file system takes O_DIRECT; found out once.
    private let isDirect = Atomic(true)

    init(root: DescriptorReference) {
        self.root = root
    }

    static func path(_ key: ObjectKey) -> [UInt8] {
        let digits = key.hexadecimal
        return Array("objects/\(digits.prefix(2))/\(digits.dropFirst(2).prefix(2))/\(digits)".utf8)
    }

    /// The directories that `path(_:)` lies in, inner first.
    private static func directories(_ key: ObjectKey) -> [[UInt8]] {
        let path = path(key)
        return [Array(path[..<13]), Array(path[..<10])]
    }

    /// A descriptor for reading, past the page cache where the file system can: the bytes go to the memory tier,
    /// and a second copy in the page cache would only push out something else.
    func reader(_ key: ObjectKey) throws(Errno) -> DescriptorReference {
        try readers.descriptor(.object(key)) { () throws(Errno) in
            let path = Self.path(key)
            if isDirect.load(ordering: .relaxed) {
                do throws(Errno) {
                    return try FileCalls.open(
                        beneath: root.rawValue, path, [.readOnly, .direct, .noAccessTime])
                } catch .invalid {
                    isDirect.store(false, ordering: .relaxed)
                }
            }
            return try FileCalls.open(beneath: root.rawValue, path, [.readOnly, .noAccessTime])
        }
    }

    /// Reads are buffered from now on: the file system refused a direct one.
    func giveUpDirect() {
        isDirect.store(false, ordering: .relaxed)
        readers.removeAll()
    }

    var readsDirectly: Bool { isDirect.load(ordering: .relaxed) }

    /// Opens the object's file for writing, makes it if it is missing.
    ///
    /// - Parameters:
    ///   - size: of the file it stands for.
    ///   - directoryBytes: what directories made on the way occupy is added.
    func open(
        _ key: ObjectKey, size: Int64, directoryBytes: inout Int64
    ) throws(Errno) -> FileDescriptor {
        let path = Self.path(key)
        let raw: FileDescriptor
        do throws(Errno) {
            raw = try FileCalls.open(
                beneath: root.rawValue, path, [.readWrite, .create], mode: 0o600)
        } catch .noSuchFile {
            for directory in Self.directories(key).reversed() {
                do throws(Errno) {
                    try FileCalls.makeDirectory(at: root.rawValue, directory, mode: 0o700)
                    directoryBytes += allocated(directory)
                } catch .exists {}
            }
            raw = try FileCalls.open(
                beneath: root.rawValue, path, [.readWrite, .create], mode: 0o600)
        }
        // The length from the start: no preallocation behind the end, and a complete raw object is the file.
        if try FileCalls.attributes(of: raw.rawValue).size != size {
            try FileCalls.setSize(of: raw.rawValue, size)
        }
        return raw
    }

    /// Removes the object's file and directories that became empty.
    ///
    /// - Returns: bytes that the file system got back, 0 when there was no such file.
    func remove(_ key: ObjectKey) throws(Errno) -> Int64 {
        readers.remove(.object(key))
        let path = Self.path(key)
        var freed = allocated(path)
        do throws(Errno) {
            let directory = try FileCalls.open(
                beneath: root.rawValue, Array(path[..<13]), [.readOnly, .directory])
            try FileCalls.unlink(at: directory.rawValue, Array(path[14...]))
        } catch .noSuchFile {
            return 0
        }
        for directory in Self.directories(key) {
            let bytes = allocated(directory)
            guard (try? FileCalls.removeDirectory(at: root.rawValue, directory)) != nil else {
                break
            }
            freed += bytes
        }
        return freed
    }

    /// Bytes of the file system under a path below the cache directory.
    func allocated(_ path: [UInt8]) -> Int64 {
        let attributes = try? FileCalls.attributes(at: root.rawValue, Name(path))
        return (attributes?.blocks ?? 0) * 512
    }
}
