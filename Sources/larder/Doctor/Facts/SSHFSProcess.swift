import Model
import Platform

/// The mount table does not tell how `sshfs` was told to behave; its command line does.
enum SSHFSProcess {
    /// Arguments of the `sshfs` that serves `mount`; nil when it is none, or not seen.
    static func arguments(serving mount: MountTable.Entry?) -> [String]? {
        guard let mount, mount.fileSystemType == "fuse.sshfs" else { return nil }
        let place = String(decoding: mount.mountPoint, as: UTF8.self)
        do throws(Errno) {
            var reader = DirectoryReader(try FileCalls.open("/proc", .directory))
            while let batch = try reader.next() {
                for entry in batch {
                    guard let pid = Int32(entry.name.description),
                        ProgramName.of(process: pid) == "sshfs", let words = commandLine(pid),
                        // A mountpoint may have been given as a relative path; what is mounted may not.
                        words.contains(place) || words.contains(mount.source)
                    else { continue }
                    return words
                }
            }
        } catch {
            // Not seen, then.
        }
        return nil
    }

    private static func commandLine(_ pid: Int32) -> [String]? {
        let bytes = try? FileContents.read("/proc/\(pid)/cmdline", bytesMax: 64 << 10)
        return bytes?.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
