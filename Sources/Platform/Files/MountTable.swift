public import Model

import Glibc

/// What is mounted where, as `/proc/self/mountinfo` says (proc(5)).
public struct MountTable: Sendable {
    public struct Entry: Hashable, Codable, Sendable {
        /// `major:minor` of `st_dev`.
        public var device: String
        /// Absolute, as seen by this process; escapes undone.
        public var mountPoint: [UInt8]
        /// Per mount: `rw`, `nosuid`, …
        public var options: [String]
        /// `ext4`, `nfs4`, `fuse.larder`, …
        public var fileSystemType: String
        public var source: String
        /// Per file system: `user_id=1000`, …
        public var superOptions: [String]

        public init(
            device: String, mountPoint: [UInt8], options: [String], fileSystemType: String,
            source: String, superOptions: [String]
        ) {
            self.device = device
            self.mountPoint = mountPoint
            self.options = options
            self.fileSystemType = fileSystemType
            self.source = source
            self.superOptions = superOptions
        }

        /// Whether nothing is mounted there yet, and somebody will see to it once it is looked into.
        public var isAutomountPoint: Bool { fileSystemType == "autofs" }

        /// Of automount points, one that stands for a single mount. What can be seen in its place is nothing but an empty folder,
        /// while below an indirect one there are the names of what can be mounted.
        public var isMountTrigger: Bool {
            isAutomountPoint && !superOptions.contains("indirect")
        }

        /// For FUSE mounts: who mounted it.
        public var fuseOwner: UInt32? {
            for option in superOptions where option.hasPrefix("user_id=") {
                return UInt32(option.dropFirst("user_id=".count))
            }
            return nil
        }
    }

    /// `major:minor` of an `st_dev`, in the kernel's encoding (makedev(3)).
    public static func name(ofDevice device: UInt64) -> String {
        let major = (device >> 32 & 0xFFFF_F000) | (device >> 8 & 0xFFF)
        let minor = (device >> 12 & 0xFFFF_FF00) | (device & 0xFF)
        return "\(major):\(minor)"
    }

    /// The line of one mount, without taking the others apart.
    ///
    /// - Parameter id: its first field; see ``FileCalls/listedMount(at:_:)``.
    public static func entry(ofMount id: UInt64, in text: [UInt8]) -> Entry? {
        let wanted = Array("\(id) ".utf8)
        return text.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: wanted) }
            .flatMap(parse)
    }

    /// In the order of mounting: of two at the same place, the later one hides the earlier.
    public let entries: [Entry]

    public init(_ entries: [Entry]) {
        self.entries = entries
    }

    public static let path = "/proc/self/mountinfo"

    public static func current() throws(Errno) -> MountTable {
        MountTable(parsing: try FileContents.read(path))
    }

    /// Lines that are not understood are left out.
    public init(parsing text: [UInt8]) {
        entries = text.split(separator: UInt8(ascii: "\n")).compactMap(Self.parse)
    }

    /// The visible mount whose mountpoint is exactly `path` (canonical).
    public func entry(at path: [UInt8]) -> Entry? {
        entries.last { $0.mountPoint == path }
    }

    /// The mount that holds `path` (canonical): the one with the longest mountpoint above it.
    public func entry(containing path: [UInt8]) -> Entry? {
        var best: Entry?
        for entry in entries where Self.isPrefix(entry.mountPoint, of: path) {
            if entry.mountPoint.count >= best?.mountPoint.count ?? 0 { best = entry }
        }
        return best
    }

    /// Whether `path` is `directory` or below it; both absolute.
    public static func isPrefix(_ directory: [UInt8], of path: [UInt8]) -> Bool {
        guard directory.count > 1 else { return path.first == UInt8(ascii: "/") }
        guard path.starts(with: directory) else { return false }
        return path.count == directory.count || path[directory.count] == UInt8(ascii: "/")
    }

    /// `36 35 98:0 /root /mountpoint rw,noatime master:1 - ext3 /dev/sda rw`: any number of
    /// optional fields before the `-`.
    private static func parse(_ line: ArraySlice<UInt8>) -> Entry? {
        let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard fields.count >= 9, let dash = fields[6...].firstIndex(of: [UInt8(ascii: "-")]),
            dash + 2 < fields.count
        else { return nil }
        let text = { (index: Int) in String(decoding: unescape(fields[index]), as: UTF8.self) }
        let list = { (index: Int) in text(index).split(separator: ",").map(String.init) }
        return Entry(
            device: text(2), mountPoint: unescape(fields[4]), options: list(5),
            fileSystemType: text(dash + 1), source: text(dash + 2),
            superOptions: dash + 3 < fields.count ? list(dash + 3) : [])
    }

    /// Blank, tab, newline and backslash are written as `\ooo`.
    private static func unescape(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var plain: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let octal = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), octal.count == 3,
                let value = UInt8(String(decoding: octal, as: UTF8.self), radix: 8)
            {
                plain.append(value)
                rest = rest.dropFirst(3)
            } else {
                plain.append(byte)
            }
        }
        return plain
    }
}
