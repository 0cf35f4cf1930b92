public import Glibc
public import Model

/// Walks of whole trees.
public enum FileTree {
    /// Paths of everything below `root`, parents first, relative to it.
    public static func paths(_ root: some PathBytes) throws(Errno) -> [(
        path: [UInt8], status: stat
    )] {
        var found: [(path: [UInt8], status: stat)] = []
        var rest: [[UInt8]] = [[]]
        while let folder = rest.popLast() {
            let absolute = folder.isEmpty ? root.pathBytes : root.pathBytes / folder
            for name in try Calls.names(absolute) {
                let path = folder.isEmpty ? name : folder / name
                let status = try Calls.status(root.pathBytes / path)
                found.append((path, status))
                if status.isDirectory { rest.append(path) }
            }
        }
        return found
    }

    /// Regular files below `root`, relative to it.
    public static func files(_ root: some PathBytes) throws(Errno) -> [[UInt8]] {
        try paths(root).filter { $0.status.isRegular }.map(\.path)
    }

    /// What a tree occupies, as `du` counts it.
    public static func allocatedBytes(_ root: some PathBytes) -> Int64 {
        // Files come and go while they are counted.
        var total: Int64 = 0
        var rest = [root.pathBytes]
        while let folder = rest.popLast() {
            for name in (try? Calls.names(folder)) ?? [] {
                guard let status = try? Calls.status(folder / name) else { continue }
                total += Int64(status.st_blocks) * 512
                if status.isDirectory { rest.append(folder / name) }
            }
        }
        return total
    }

    /// Removes a tree of our own; from descriptors, as paths in it may be longer than PATH_MAX.
    public static func remove(_ path: String) {
        guard let parent = Glibc.opendir(path) else { return }
        closedir(parent)
        removeEntries(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        rmdir(path)
    }

    private static func removeEntries(_ descriptor: Int32) {
        guard descriptor >= 0 else { return }
        guard let directory = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { return }
                    if unlinkat(descriptor, name, 0) == 0 { return }
                    fchmodat(descriptor, name, 0o700, 0)
                    removeEntries(
                        openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
                    unlinkat(descriptor, name, AT_REMOVEDIR)
                }
            }
        }
    }
}

extension stat {
    public var kind: mode_t { st_mode & S_IFMT }
    public var isDirectory: Bool { kind == S_IFDIR }
    public var isRegular: Bool { kind == S_IFREG }
    public var isLink: Bool { kind == S_IFLNK }

    /// Size, times and inode: changes when the file changes.
    public var version: [Int] {
        [
            Int(st_size), st_mtim.tv_sec, st_mtim.tv_nsec, st_ctim.tv_sec, st_ctim.tv_nsec,
            Int(bitPattern: UInt(st_ino)),
        ]
    }
}
