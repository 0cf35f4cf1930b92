import Glibc
import Model
import Platform
import Share
import TestSupport
import Testing

@testable import larder

@Suite struct MountPreflightTests {
    private let place: TemporaryDirectory
    private var host: MountHost
    private var configuration: MountConfiguration

    init() throws {
        place = try TemporaryDirectory()
        _ = try place.directory("share")
        _ = try place.file("share/film")
        configuration = MountConfiguration(
            sharePath: "\(place.path)/share", viewPath: try place.directory("view"),
            cacheDirectory: "\(place.path)/cache")
        host = MountHost(
            userID: 0, fuseDevice: try place.file("fuse"), fuseConfiguration: "/nonexistent",
            fusermount: "/bin/true", physicalMemory: .gibibytes(8),
            defaultCacheDirectory: "\(place.path)/usual",
            mountTable: { () throws(Errno) in MountTable([]) }, detach: { _ in })
    }

    private func refusal(
        of configuration: MountConfiguration? = nil, on host: MountHost? = nil
    ) -> MountFailure? {
        do {
            _ = try MountPreflight.check(
                configuration ?? self.configuration, host: host ?? self.host)
            return nil
        } catch {
            return error
        }
    }

    private func expect(
        _ failure: MountFailure?, _ parts: String..., kind: MountFailure.Kind = .failed,
        location: SourceLocation = #_sourceLocation
    ) {
        #expect(failure?.kind == kind, sourceLocation: location)
        for part in parts {
            #expect(
                failure?.message.contains(part) == true, "\(failure?.message ?? "accepted")",
                sourceLocation: location)
        }
    }

    private func mounted(
        _ path: String, type: String = "fuse.larder", source: String = "/s"
    ) -> MountTable {
        MountTable(parsing: Array("1 0 0:50 / \(path) rw - \(type) \(source) rw,user_id=0".utf8))
    }

    @Test func goodOnesPassWithCanonicalPaths() throws {
        var typed = configuration
        _ = try ChildProcess.run("/bin/ln", ["-s", "share", "\(place.path)/link"])
        typed.sharePath = "\(place.path)/./link/"
        typed.viewPath = "\(place.path)/share/../view"
        typed.cacheDirectory = "\(place.path)/link/../new/cache"
        let outcome = try MountPreflight.check(typed, host: host)
        #expect(outcome.notes == [])
        #expect(outcome.configuration.sharePath == "\(place.path)/share")
        #expect(outcome.configuration.viewPath == "\(place.path)/view")
        #expect(outcome.configuration.cacheDirectory == "\(place.path)/new/cache")
    }

    // MARK: Share

    @Test func shareThatIsMissing() {
        var typed = configuration
        typed.sharePath = "\(place.path)/nas"
        expect(refusal(of: typed), "does not exist", "\(place.path)/nas")
    }

    @Test func shareThatIsAFile() {
        var typed = configuration
        typed.sharePath = "\(place.path)/share/film"
        expect(refusal(of: typed), "is not a directory")
    }

    @Test func shareThatIsALoopOfLinks() throws {
        _ = try ChildProcess.run("/bin/ln", ["-s", "loop", "\(place.path)/loop"])
        var typed = configuration
        typed.sharePath = "\(place.path)/loop"
        expect(refusal(of: typed), "cannot be reached", "loop")
    }

    @Test func shareThatLooksUnmounted() throws {
        var typed = configuration
        typed.sharePath = try place.directory("nas")
        expect(refusal(of: typed), "looks like a NAS that is not mounted", "-o force")
        typed.force = true
        #expect(refusal(of: typed) == nil)
        typed.force = false
        let entry = mounted(typed.sharePath, type: "nfs4")
        var host = host
        host.mountTable = { () throws(Errno) in entry }
        #expect(refusal(of: typed, on: host) == nil)
    }

    // MARK: A share that is not there

    private let nas = MountTable.Entry(
        device: "0:50", mountPoint: [], options: ["rw"], fileSystemType: "nfs4",
        source: "nas:/films", superOptions: ["rw"])

    /// A share that was used before, mounted at the folder `nas`.
    private func known(
        _ path: String? = nil, at mountPoint: String? = nil, inode: UInt64 = 1
    ) -> KnownShare {
        var mount = nas
        mount.mountPoint = Array((mountPoint ?? "\(place.path)/nas").utf8)
        return KnownShare(
            path: path ?? "\(place.path)/nas", mount: mount,
            usage: FileSystemUsage(
                kind: 0x6969, blockSize: 4096, fragmentSize: 4096, blocks: 1, blocksFree: 1,
                blocksAvailable: 1, files: 1, filesFree: 1, nameLengthMax: 255),
            root: FileAttributes(inode: inode, mode: 0o040755),
            asOf: Timestamp(seconds: 1_800_000_000))
    }

    private func absence(
        _ configuration: MountConfiguration, _ known: KnownShare, mounts: MountTable.Entry...
    ) throws -> AbsentShare? {
        var host = host
        let root = MountTable.Entry(
            device: "8:1", mountPoint: Array("/".utf8), options: ["rw"], fileSystemType: "ext4",
            source: "/dev/sda1", superOptions: ["rw"])
        host.mountTable = { () throws(Errno) in MountTable([root] + mounts) }
        let base = configuration.cacheDirectory
        host.knownShare = { cache, path in
            cache == base && path == known.path ? known : nil
        }
        let outcome = try MountPreflight.check(configuration, host: host)
        #expect((outcome.absent == nil) == outcome.notes.isEmpty, "said, or not")
        if outcome.absent != nil { #expect(outcome.configuration.sharePath == known.path) }
        return outcome.absent
    }

    @Test func aKnownShareThatIsNotThereHasAView() throws {
        var typed = configuration
        typed.sharePath = "\(place.path)/nas"
        #expect(try absence(typed, known())?.reason == "its folder does not exist")
        _ = try place.directory("nas")
        let reason = "nothing is mounted at \(place.path)/nas"
        #expect(try absence(typed, known())?.reason == reason)
        // Behind a link, too, and whatever lies in the folder below the mount.
        _ = try place.file("nas/NOT MOUNTED")
        _ = try ChildProcess.run("/bin/ln", ["-s", "nas", "\(place.path)/link"])
        typed.sharePath = "\(place.path)/./link/"
        #expect(try absence(typed, known())?.known == known())
        typed.force = true
        #expect(try absence(typed, known()) == nil, "insisted upon")
        // A folder on it.
        typed.force = false
        typed.sharePath = "\(place.path)/nas/films"
        let below = known(typed.sharePath, at: "\(place.path)/nas")
        #expect(try absence(typed, below)?.known == below)
    }

    @Test func aShareIsNotTakenForAnotherOne() throws {
        var typed = configuration
        typed.sharePath = try place.directory("nas")
        var mount = known().mount
        #expect(try absence(typed, known(), mounts: mount) == nil, "it is there")
        mount.source = "nas:/photos"
        #expect(try absence(typed, known(), mounts: mount) == nil, "another one is")
        typed.sharePath = "\(place.path)/nas/films"
        let below = known(typed.sharePath, at: "\(place.path)/nas")
        #expect(throws: MountFailure.self, "missing on another one") {
            try absence(typed, below, mounts: mount)
        }
        typed.diskLimit = ByteCount(0)
        #expect(throws: MountFailure.self, "nothing is cached") { try absence(typed, below) }
    }

    @Test func aKnownFolderMayBeEmpty() throws {
        var typed = configuration
        typed.sharePath = try place.directory("nas")
        let inode = try FileCalls.attributes(ofPath: typed.sharePath).inode
        var same = known(at: "/", inode: inode)
        same.mount.fileSystemType = "ext4"
        same.mount.source = "/dev/sda1"
        #expect(try absence(typed, same) == nil)
        same.root.inode += 1
        #expect(throws: MountFailure.self) { try absence(typed, same) }
    }

    @Test func aKnownShareThatIsNotThereIsKeptApartByItsPath() throws {
        var typed = configuration
        typed.sharePath = "\(place.path)/nas"
        let known = known()
        typed.viewPath = typed.sharePath
        _ = try place.directory("nas")
        #expect(throws: MountFailure.self, "the view at the share's place") {
            try absence(typed, known)
        }
        typed.viewPath = try place.directory("nas/view")
        #expect(throws: MountFailure.self, "in it") { try absence(typed, known) }
        typed.viewPath = configuration.viewPath
        typed.cacheDirectory = "\(place.path)/nas/cache"
        #expect(throws: MountFailure.self, "the cache in it") { try absence(typed, known) }
    }

    // MARK: View

    @Test func mountpointThatIsMissing() {
        var typed = configuration
        typed.viewPath = "\(place.path)/none"
        expect(refusal(of: typed), "does not exist", "mkdir -p \(place.path)/none")
    }

    @Test func mountpointThatIsAFile() throws {
        var typed = configuration
        typed.viewPath = try place.file("plain")
        expect(refusal(of: typed), "is not a directory")
    }

    @Test func mountpointThatIsNotEmpty() throws {
        _ = try place.file("view/mine")
        expect(refusal(), "is not empty")
    }

    @Test func mountpointThatIsMountedAlready() {
        let other = mounted(configuration.viewPath, type: "nfs4", source: "nas:/films")
        var host = host
        host.mountTable = { () throws(Errno) in other }
        expect(refusal(on: host), "is mounted already", "nas:/films", "umount")
        let view = mounted(configuration.viewPath, source: "/elsewhere")
        host.mountTable = { () throws(Errno) in view }
        expect(refusal(on: host), "is mounted already", "larder unmount")
    }

    @Test func sameShareMountedAtTheSameView() {
        let view = mounted(configuration.viewPath, source: configuration.sharePath)
        var host = host
        host.mountTable = { () throws(Errno) in view }
        expect(refusal(on: host), "already", kind: .alreadyMounted)
    }

    // MARK: Nesting

    @Test func viewInsideTheShareAlsoBehindLinks() throws {
        var typed = configuration
        _ = try place.directory("share/deep/view")
        _ = try ChildProcess.run("/bin/ln", ["-s", "share/deep", "\(place.path)/way"])
        typed.viewPath = "\(place.path)/way/view"
        expect(refusal(of: typed), "lies inside the share", "\(place.path)/share/deep/view")
    }

    @Test func shareInsideTheView() throws {
        var typed = configuration
        typed.viewPath = "\(place.path)"
        expect(refusal(of: typed), "would be hidden")
    }

    @Test func shareAndViewBeingOne() {
        var typed = configuration
        typed.viewPath = "\(place.path)/view/../share/."
        expect(refusal(of: typed), "same directory")
    }

    @Test func namesThatOnlyBeginAlikeAreNotNested() throws {
        var typed = configuration
        typed.viewPath = try place.directory("share2")
        #expect(refusal(of: typed) == nil)
    }

    // MARK: Cache

    @Test func cacheInsideTheShareOrTheView() {
        var typed = configuration
        typed.cacheDirectory = "\(place.path)/share/not/yet/there"
        expect(refusal(of: typed), "lies inside the share", "-o cache=DIR")
        typed.cacheDirectory = "\(place.path)/view/cache"
        expect(refusal(of: typed), "lies inside the view")
    }

    @Test func cacheThatIsAFile() throws {
        var typed = configuration
        typed.cacheDirectory = try place.file("plain")
        expect(refusal(of: typed), "the cache \(place.path)/plain is not a directory")
        typed.cacheDirectory += "/below"
        expect(refusal(of: typed), "is not a directory")
    }

    @Test func cacheThatIsADanglingLink() throws {
        _ = try ChildProcess.run("/bin/ln", ["-s", "/nonexistent/x", "\(place.path)/dangling"])
        var typed = configuration
        typed.cacheDirectory = "\(place.path)/dangling"
        expect(refusal(of: typed), "cannot be used")
    }

    @Test func cacheWhereTheUserKeepsCaches() throws {
        var typed = configuration
        typed.cacheDirectory = ""
        let outcome = try MountPreflight.check(typed, host: host)
        #expect(outcome.configuration.cacheDirectory == "\(place.path)/usual")
        var homeless = host
        homeless.defaultCacheDirectory = nil
        expect(refusal(of: typed, on: homeless), "-o cache=DIR")
        #expect(MountHost.cacheDirectory(userID: 0) { _ in "/h" } == "/var/cache/larder")
        #expect(
            MountHost.cacheDirectory(userID: 5) { $0 == "HOME" ? "/h" : nil } == "/h/.cache/larder")
        #expect(MountHost.cacheDirectory(userID: 5) { _ in "/x" } == "/x/larder")
        #expect(MountHost.cacheDirectory(userID: 5) { _ in nil } == nil)
    }

    // MARK: Machine

    @Test func moreMemoryThanTheMachineHas() {
        var typed = configuration
        typed.memoryLimit = .gibibytes(9)
        expect(refusal(of: typed), "more than this machine has", kind: .usage)
    }

    @Test func fuseDeviceThatIsMissing() {
        var host = host
        host.fuseDevice = "\(place.path)/none"
        expect(refusal(on: host), "modprobe fuse")
    }

    @Test func ordinaryUsersNeedFusermount() {
        var host = host
        host.fusermount = nil
        #expect(refusal(on: host) == nil)
        host.userID = 1000
        expect(refusal(on: host), "install the package fuse3")
    }

    @Test func ordinaryUsersNeedPermissionForAllowOther() throws {
        var typed = configuration
        typed.allowOther = true
        var host = host
        host.userID = 1000
        host.fuseConfiguration = try place.file("fuse.conf", "# user_allow_other\nmount_max = 9\n")
        expect(refusal(of: typed, on: host), "user_allow_other", "fuse.conf")
        _ = try place.file("fuse.conf", "mount_max = 9\n  user_allow_other\n")
        #expect(refusal(of: typed, on: host) == nil)
        host.userID = 0
        host.fuseConfiguration = "/nonexistent"
        #expect(refusal(of: typed, on: host) == nil)
    }
}
