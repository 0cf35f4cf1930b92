public import Model

/// The folder that holds a file which somebody named, reached without the help of strangers.
///
/// A symbolic link on the way is followed when it is root's or ours. One that another user has planted, in `/tmp` or in a
/// folder of theirs, would choose where we write; the kernel's own protection (`protected_symlinks`) is for sticky folders
/// only, and off on some machines.
public struct GuardedPath: Sendable {
    /// `O_PATH`.
    public let folder: DescriptorReference
    /// The last component: never empty, `.` or `..`.
    public let name: Name
    /// As it was named.
    public let path: String

    /// Symbolic links on one way at most, as path_resolution(7) has it.
    private static let linksMax = 40

    /// Blocks for as long as the file systems on the way do.
    public init(_ path: String) throws(FileRefusal) {
        let slash = UInt8(ascii: "/")
        let bytes = Array(path.utf8)
        var parts = bytes.split(separator: slash).map { Array($0) }
        guard let last = parts.popLast(), bytes.last != slash, !Name(last).isDots else {
            throw .failed(path: path, path.isEmpty ? .noSuchFile : .isDirectory)
        }
        self.path = path
        name = Name(last)
        folder = try Self.walk(path, parts[...], isAbsolute: bytes.first == slash)
    }

    private static func walk(
        _ path: String, _ parts: ArraySlice<[UInt8]>, isAbsolute: Bool
    ) throws(FileRefusal) -> DescriptorReference {
        let slash = UInt8(ascii: "/")
        var rest = parts
        var links = 0
        var foreign: (name: Name, owner: UInt32)?
        do throws(Errno) {
            let root = { () throws(Errno) in
                DescriptorReference(try FileCalls.open("/", [.pathOnly, .directory]))
            }
            var here =
                isAbsolute
                ? try root()
                : DescriptorReference(try FileCalls.open(".", [.pathOnly, .directory]))
            while let part = rest.popFirst() {
                let next = try here.withRawValue { (raw) throws(Errno) in
                    DescriptorReference(
                        try FileCalls.open(at: raw, part, [.pathOnly, .noFollow]))
                }
                let attributes = try next.withRawValue(FileCalls.attributes)
                if attributes.isDirectory {
                    here = next
                    continue
                }
                guard attributes.kind == .symbolicLink else { throw Errno.notDirectory }
                guard attributes.userID == 0 || attributes.userID == Environment.userID else {
                    foreign = (Name(part), attributes.userID)
                    throw Errno.symlinkLoop
                }
                links += 1
                guard links <= linksMax else { throw Errno.symlinkLoop }
                let target = try next.withRawValue { (raw) throws(Errno) in
                    try FileCalls.readLink(at: raw, "")
                }
                if target.first == slash { here = try root() }
                rest = target.split(separator: slash).map { Array($0) }[...] + rest
            }
            return here
        } catch {
            guard let foreign else { throw .failed(path: path, error) }
            throw .foreignLink(path: "\(foreign.name) in \(path)", owner: foreign.owner)
        }
    }
}
