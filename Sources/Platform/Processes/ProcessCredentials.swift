public import Model

import Glibc

/// What `/proc` tells of the rights of another process (proc(5)).
public enum ProcessCredentials {
    /// Credentials of a thread that waits for an answer of ours: it cannot change them meanwhile.
    ///
    /// - Parameters:
    ///   - thread: its id; 0 where it is not known.
    ///   - userID: its file-system uid, as the kernel told it.
    ///   - groupID: its file-system gid.
    /// - Returns: with groups and capabilities; without both where the thread is gone, is not visible, or by now is
    ///   another's.
    public static func of(thread: Int32, userID: UInt32, groupID: UInt32) -> Credentials {
        let bare = Credentials(userID: userID, groupID: groupID)
        guard thread > 0,
            let text = try? FileContents.read("/proc/\(thread)/status", bytesMax: 1 << 20),
            let found = parse(text), found.userID == userID, found.groupID == groupID
        else { return bare }
        guard found.capabilities != 0, !isInOwnNamespace(thread) else { return found }
        // In another user namespace they count there only.
        var without = found
        without.capabilities = 0
        return without
    }

    /// - Parameter text: of `/proc/PID/status`.
    /// - Returns: nil where a line is missing.
    static func parse(_ text: [UInt8]) -> Credentials? {
        var userID: UInt32?
        var groupID: UInt32?
        var groups: [UInt32]?
        var capabilities: UInt64?
        for line in text.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let fields = line[(colon + 1)...]
                .split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
                .map { String(decoding: $0, as: UTF8.self) }
            switch String(decoding: line[..<colon], as: UTF8.self) {
            // Real, effective, saved and file-system id.
            case "Uid": userID = fields.count == 4 ? UInt32(fields[3]) : nil
            case "Gid": groupID = fields.count == 4 ? UInt32(fields[3]) : nil
            case "Groups": groups = fields.compactMap { UInt32($0) }
            case "CapEff": capabilities = fields.first.flatMap { UInt64($0, radix: 16) }
            default: continue
            }
        }
        guard let userID, let groupID, let groups, let capabilities else { return nil }
        return Credentials(
            userID: userID, groupID: groupID, supplementaryGroups: groups,
            capabilities: capabilities)
    }

    private static let own = namespace(of: "self")

    private static func isInOwnNamespace(_ thread: Int32) -> Bool {
        own != nil && namespace(of: "\(thread)") == own
    }

    /// Users and groups of a process's user namespace, as seen from here: of another one with the same ids they are the
    /// same. (The namespace's own link is shown only to who may trace the process, which a daemon with few capabilities
    /// may not where the caller has more.)
    private static func namespace(of process: String) -> [UInt8]? {
        guard let users = try? FileContents.read("/proc/\(process)/uid_map", bytesMax: 1 << 16),
            let groups = try? FileContents.read("/proc/\(process)/gid_map", bytesMax: 1 << 16)
        else { return nil }
        return users + [0] + groups
    }
}
