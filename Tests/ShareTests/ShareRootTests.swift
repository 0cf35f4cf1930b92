import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Share

/// A share that is not there at the start, and what is taken for it when it comes.
@Suite struct ShareRootTests {
    private let place: TemporaryDirectory
    private let clock = ManualClock()
    private let mounts = Mutexed<[MountTable.Entry]>([])
    private let events = Mutexed<[ShareEvent?]>([])

    init() throws {
        place = try TemporaryDirectory()
        _ = try place.directory("nas")
        mounts.withLock { $0 = [Self.root] }
    }

    private static let root = MountTable.Entry(
        device: "8:1", mountPoint: Array("/".utf8), options: ["rw"], fileSystemType: "ext4",
        source: "/dev/sda1", superOptions: ["rw"])

    private func entry(
        _ source: String = "nas:/films", type: String = "nfs4", device: String = "0:50",
        options: [String] = ["rw"]
    ) -> MountTable.Entry {
        MountTable.Entry(
            device: device, mountPoint: Array("\(place.path)/nas".utf8), options: options,
            fileSystemType: type, source: source, superOptions: ["rw"])
    }

    /// - Parameter table: nil: what `mounts` says.
    private func absent(
        _ mount: MountTable.Entry, inode: UInt64 = 1,
        table: (@Sendable () -> MountTable?)? = nil
    ) -> ShareRoot {
        let known = KnownShare(
            path: "\(place.path)/nas", mount: mount,
            usage: FileSystemUsage(
                kind: 0x6969, blockSize: 4096, fragmentSize: 4096, blocks: 1, blocksFree: 1,
                blocksAvailable: 1, files: 1, filesFree: 1, nameLengthMax: 255),
            root: FileAttributes(inode: inode, mode: 0o040755), asOf: Timestamp(seconds: 0))
        let root = ShareRoot(
            absent: known, reason: "off", clock: clock,
            table: table ?? { [mounts] in MountTable(mounts.withLock { $0 }) })
        root.observe { [events] event in events.withLock { $0.append(event) } }
        return root
    }

    private func probe(_ root: ShareRoot) -> Errno? {
        do throws(Errno) {
            try root.probe()
            return nil
        } catch {
            return error
        }
    }

    @Test func comesWithItsMountAlone() throws {
        let root = absent(entry())
        #expect(throws: Errno.timedOut) { try root.descriptor }
        #expect(probe(root) == .again, "the folder below the mount is not the share")
        let others = [
            entry("nas:/photos"), entry(type: "nfs"), entry("nas:/films", type: "fuse.sshfs"),
        ]
        for other in others {
            mounts.withLock { $0 = [Self.root, other] }
            #expect(probe(root) == .again)
            #expect(probe(root) == .again)
            #expect(root.absence?.other == other)
        }
        #expect(events.withLock { $0 } == others.map { .other($0) }, "said once each")
        mounts.withLock { $0 = [Self.root] }
        #expect(probe(root) == .again)
        #expect(root.absence?.other == nil && root.absence?.reason == "off")
        mounts.withLock { $0 = [Self.root, entry(device: "0:51")] }
        #expect(probe(root) == nil)
        _ = try root.descriptor
        #expect(root.absence == nil)
        #expect(events.withLock { $0 }.last == .arrived)
    }

    /// What its options promised is relied on.
    @Test func doesNotComeWithOtherOptions() {
        let root = absent(entry(type: "fuse.sshfs", options: ["rw", "default_permissions"]))
        mounts.withLock { $0 = [Self.root, entry(type: "fuse.sshfs")] }
        #expect(probe(root) == .again)
        mounts.withLock {
            $0 = [Self.root, entry(type: "fuse.sshfs", options: ["ro", "default_permissions"])]
        }
        #expect(probe(root) == nil)
    }

    @Test func aFolderThatWasNoMountpointIsToldByItself() throws {
        let inode = try FileCalls.attributes(ofPath: "\(place.path)/nas").inode
        #expect(probe(absent(Self.root, inode: inode)) == nil, "as it was")
        let replaced = absent(Self.root, inode: inode + 1)
        #expect(probe(replaced) == .again, "an empty one that was made in its place")
        _ = try place.file("nas/film")
        #expect(probe(replaced) == nil, "restored")
    }

    /// A dead mount keeps whoever asks it; one that was mounted in its place is asked all the same.
    @Test func oneThreadAsksEachMount() {
        let gate = Gate()
        let isHeld = Mutexed(true)
        let looks = Mutexed(0)
        let mounts = mounts
        let known = entry()
        mounts.withLock { $0 = [Self.root, known] }
        let root = absent(known) {
            // The second look comes after the mount was asked.
            let look = looks.withLock { count in
                count += 1
                return count
            }
            if look == 2, isHeld.withLock({ $0 }) { gate.pass() }
            return MountTable(mounts.withLock { $0 })
        }
        let first = Answers<Errno?>()
        startThread(name: "first") { first.add(probe(root)) }
        gate.waitFor(1)
        #expect(probe(root) == .again)
        #expect(looks.withLock { $0 } == 3, "it was not asked again")
        mounts.withLock { $0 = [Self.root, entry(device: "0:51")] }
        #expect(probe(root) == nil)
        gate.open()
        // What it asked has been replaced.
        #expect(first.wait(for: 1) == [.again])
        #expect(root.absence == nil)
    }

    @Test func anAutomounterIsAskedNowAndThen() {
        let looks = Mutexed(0)
        let mount = entry()
        let automount = entry("systemd-1", type: "autofs", device: "0:40")
        let brings = Mutexed(false)
        let root = absent(mount) {
            let isSecond = looks.withLock { count in
                count += 1
                return count > 1
            }
            return MountTable(
                [Self.root, automount] + (isSecond && brings.withLock { $0 } ? [mount] : []))
        }
        #expect(probe(root) == .again)
        #expect(looks.withLock { $0 } == 2, "looked at once more after it was asked")
        looks.withLock { $0 = 0 }
        brings.withLock { $0 = true }
        clock.advance(by: ShareRoot.callInterval - .seconds(1))
        #expect(probe(root) == .again)
        looks.withLock { $0 = 0 }
        clock.advance(by: .seconds(1))
        #expect(probe(root) == nil)
    }

    /// A mount that hangs was taken out of the tree, and the share mounted anew; nobody asks by the old one any more.
    @Test func whatWasMountedAnewIsUsed() throws {
        mounts.withLock { $0 = [Self.root, entry()] }
        let root = try ShareRoot(path: "\(place.path)/nas", clock: clock) { [mounts] in
            MountTable(mounts.withLock { $0 })
        }
        root.observe { [events] event in events.withLock { $0.append(event) } }
        let before = try root.descriptor.rawValue
        #expect(probe(root) == nil)
        #expect(try root.descriptor.rawValue == before)
        mounts.withLock { $0 = [Self.root, entry("nas:/photos", device: "0:51")] }
        #expect(probe(root) == nil)
        #expect(try root.descriptor.rawValue == before)
        mounts.withLock { $0 = [Self.root, entry(device: "0:52")] }
        #expect(probe(root) == nil)
        #expect(try root.descriptor.rawValue != before)
        #expect(events.withLock { $0 } == [nil])
    }
}
