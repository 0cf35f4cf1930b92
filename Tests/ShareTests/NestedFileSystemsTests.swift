import Model
import Platform
import Testing

@testable import Share

/// Numbers of files on several file systems that a view shows as one.
@Suite struct NestedFileSystemsTests {
    private let mounts = Mutexed<[MountTable.Entry]>([])
    private let isChanged = Mutexed(false)

    private func nested() -> NestedFileSystems {
        let nested = NestedFileSystems(
            below: "/mnt/nas", table: { [mounts] in MountTable(mounts.withLock { $0 }) },
            hasChanged: { [isChanged] in
                isChanged.withLock { isChanged in
                    defer { isChanged = false }
                    return isChanged
                }
            })
        nested.setRoot(Self.device(50))
        return nested
    }

    private func mount(_ places: [(path: String, minor: UInt64)]) {
        isChanged.withLock { $0 = true }
        mounts.withLock {
            $0 = places.map {
                MountTable.Entry(
                    device: "0:\($0.minor)", mountPoint: Array($0.path.utf8), options: ["rw"],
                    fileSystemType: "nfs4", source: "nas:/", superOptions: [])
            }
        }
    }

    /// As makedev(3) has it.
    private static func device(_ minor: UInt64) -> UInt64 {
        (minor & 0xFF) | (minor & 0xFFFF_FF00) << 12
    }

    private static func file(_ inode: UInt64, on minor: UInt64) -> FileAttributes {
        FileAttributes(device: device(minor), inode: inode, mode: FileKind.regular.rawValue)
    }

    @Test func filesOfTheShareItselfKeepTheirNumbers() {
        let placed = nested().place(Self.file(34, on: 50))
        #expect(placed.inode == 34 && placed.device == 0)
    }

    @Test func oneNumberOnThreeFileSystemsBecomesThree() {
        let nested = nested()
        mount([("/mnt/nas", 50), ("/mnt/nas/films", 51), ("/mnt/nas/films/old", 300)])
        let placed = [50, 51, 300].map { nested.place(Self.file(34, on: $0)) }
        #expect(Set(placed.map(\.inode)).count == 3)
        #expect(Set(placed.map(\.device)).count == 3)
        #expect(placed.allSatisfy { $0.inode <= UInt64(Int64.max) })
        let others = (1...1000).map { nested.place(Self.file($0, on: 51)).inode }
        #expect(Set(others).count == 1000)
    }

    /// What is mounted again has another device, and the kernel gives the old one to what comes next.
    @Test func numbersGoByThePlaceAndNotByTheDevice() {
        let nested = nested()
        mount([("/mnt/nas", 50), ("/mnt/nas/films", 51), ("/mnt/nas/music", 52)])
        let (films, music) = (Self.file(34, on: 51), Self.file(34, on: 52))
        let before = (nested.place(films), nested.place(music))
        mount([("/mnt/nas", 50), ("/mnt/nas/films", 52), ("/mnt/nas/music", 51)])
        #expect(nested.place(music) == before.0)
        #expect(nested.place(films) == before.1)
        // The same share in another place, at its next mount.
        let elsewhere = NestedFileSystems(
            below: "/srv/nas",
            table: {
                MountTable(parsing: Array("9 1 0:9 / /srv/nas/films rw - nfs4 nas:/ rw".utf8))
            }, hasChanged: { true })
        elsewhere.setRoot(Self.device(8))
        #expect(elsewhere.place(Self.file(34, on: 9)) == before.0)
    }

    /// Subvolumes are no mounts.
    @Test func aDeviceThatIsNotMountedHasANumberOfItsOwn() {
        let nested = nested()
        let placed = [61, 62].map { nested.place(Self.file(256, on: $0)) }
        #expect(Set(placed.map(\.inode) + [256]).count == 3)
        #expect(nested.place(Self.file(256, on: 61)) == placed[0])
    }

    /// What was asked of the share's mount before it was replaced may answer yet.
    @Test func theShareIsItselfOnItsNextMountToo() {
        let nested = nested()
        nested.setRoot(Self.device(70))
        #expect(nested.place(Self.file(34, on: 70)).inode == 34)
        #expect(nested.place(Self.file(34, on: 50)).inode == 34)
        mount([("/mnt/nas", 70), ("/mnt/nas/films", 50)])
        #expect(nested.place(Self.file(34, on: 50)).inode != 34)
    }
}
