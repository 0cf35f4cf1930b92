import Control
import Glibc
import Model
import Platform
import Share
import Tiers

/// What a mount depends on besides its own paths, gathered so that tests can pretend.
struct MountHost: Sendable {
    var userID: UInt32
    var fuseDevice = "/dev/fuse"
    var fuseConfiguration = "/etc/fuse.conf"
    /// nil: not installed.
    var fusermount: String?
    /// Bytes of RAM.
    var physicalMemory: ByteCount
    /// Where this user's cache lives unless an option says otherwise; nil: nobody knows.
    var defaultCacheDirectory: String?
    var mountTable: @Sendable () throws(Errno) -> MountTable
    /// What a cache has of a share that was used before.
    var knownShare: @Sendable (_ cache: String, _ share: String) -> KnownShare? = { _, _ in nil }
    /// Looks into a directory from another process group, and waits at most so long for an answer.
    var lookInto: @Sendable (_ path: String, _ patience: Duration) throws(Errno) -> Void = {
        (_, _) throws(Errno) in
    }
    /// Takes away a mount whose daemon has died.
    var detach: @Sendable (_ view: String) throws(CommandError) -> Void

    static func current() -> MountHost {
        let unmounter = Unmounter.current()
        return MountHost(
            userID: Environment.userID, fusermount: unmounter.fusermount,
            physicalMemory: memory,
            defaultCacheDirectory: cacheDirectory(
                userID: Environment.userID, variable: Environment.variable),
            mountTable: { () throws(Errno) in try MountTable.current() },
            knownShare: { CacheDirectory.known(base: $0, sharePath: $1) },
            lookInto: { (path, patience) throws(Errno) in
                let surveyor = Surveyor(directoryTime: patience, isOutside: true)
                switch surveyor.ask(Survey(.answer, path)) {
                case .failed(let error): throw error
                case .silent: throw .timedOut
                case .found, .measured: break
                }
            },
            detach: { view throws(CommandError) in try unmounter.unmount(view, lazy: true) })
    }

    static var memory: ByteCount {
        ByteCount(Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE))))
    }

    /// Whether ordinary users may let others into their mounts.
    var userMayAllowOther: Bool {
        do {
            let text = try FileContents.read(fuseConfiguration, bytesMax: 1 << 20)
            return String(decoding: text, as: UTF8.self).split(separator: "\n").contains {
                $0.split(whereSeparator: \.isWhitespace).first == "user_allow_other"
            }
        } catch {
            return false
        }
    }

    /// `/var/cache/larder` for root (the FHS's place for it); for others what the XDG base
    /// directory specification says.
    static func cacheDirectory(userID: UInt32, variable: (String) -> String?) -> String? {
        if userID == 0 { return "/var/cache/larder" }
        if let cache = variable("XDG_CACHE_HOME"), cache.hasPrefix("/") { return "\(cache)/larder" }
        if let home = variable("HOME"), home.hasPrefix("/") { return "\(home)/.cache/larder" }
        return nil
    }
}
