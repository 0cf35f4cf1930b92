import Glibc
import Model
import Platform

/// `/proc/self/mountinfo`, which tells about mounts without asking them.
enum MountTable {
    /// `MAJOR:MINOR` of the topmost mount at `path`.
    static func deviceNumber(mountedAt path: String) -> String? {
        // realpath would ask the mounted file system for the last component, so only its parent is resolved.
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard let last = parts.last, last != ".", last != ".." else {
            return find(resolved(path))
        }
        let parent = (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/")
        let base = resolved(parent.isEmpty ? "." : parent)
        return find(base == "/" ? "/\(last)" : "\(base)/\(last)")
    }

    private static func resolved(_ path: String) -> String {
        guard let raw = realpath(path, nil) else { return path }
        defer { free(raw) }
        return String(cString: raw)
    }

    private static func find(_ path: String) -> String? {
        guard let bytes = try? contents(of: "/proc/self/mountinfo") else { return nil }
        let wanted = Array(path.utf8)
        var device: String?
        for line in bytes.split(separator: 0x0A) {
            // id, parent id, major:minor, root, mountpoint, …
            let fields = line.split(separator: 0x20, maxSplits: 5)
            guard fields.count > 4, unescaped(fields[4]) == wanted else { continue }
            device = String(decoding: fields[2], as: UTF8.self)
        }
        return device
    }

    private static func contents(of path: String) throws(Errno) -> [UInt8] {
        let file = try FileCalls.open(path, .readOnly)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let raw = file.rawValue
            let count = try systemCall { () -> Int in
                buffer.withUnsafeMutableBytes { read(raw, $0.baseAddress, $0.count) }
            }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Blanks, tabs, newlines and backslashes stand as `\ooo`.
    private static func unescaped(_ field: some Collection<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(field)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == 0x5C, digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
                let value = digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
                bytes.append(UInt8(truncatingIfNeeded: value))
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
