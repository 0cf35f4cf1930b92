import Model
import Platform
import TestSupport
import Testing

@testable import Share

/// Numbers of files on several file systems that a view shows as one.
@Suite struct NestedFileSystemsTests {
    private let table = Mutexed("")
    private let isChanged = Mutexed(false)
    private let reads = Mutexed(0)

    private func nested(below root: String = "/mnt/nas", on minor: UInt64 = 50) -> NestedFileSystems
    {
        let nested = NestedFileSystems(
            below: root,
            table: { [table, reads] in
                reads.withLock { $0 += 1 }
                return Array(table.withLock { $0 }.utf8)
            },
            hasChanged: { [isChanged] in
                isChanged.withLock { isChanged in
                    defer { isChanged = false }
                    return isChanged
                }
            })
        nested.setRoot(Self.device(minor))
        return nested
    }

    /// What is mounted: number of the mount, device, place.
    private func mount(_ mounts: [(id: Int, minor: UInt64, path: String)], type: String = "nfs4") {
        isChanged.withLock { $0 = true }
        table.withLock {
            $0 = mounts.map { "\($0.id) 1 0:\($0.minor) / \($0.path) rw - \(type) nas:/ rw\n" }
                .joined()
        }
    }

    /// As makedev(3) has it.
    private static func device(_ minor: UInt64) -> UInt64 {
        (minor & 0xFF) | (minor & 0xFFFF_FF00) << 12
    }

    private func file(
        _ nested: NestedFileSystems, _ inode: UInt64, on minor: UInt64, mount: UInt64,
        part: UInt64? = nil
    ) -> FileAttributes {
        let found = FileAttributes(
            device: Self.device(minor), inode: inode, mode: FileKind.regular.rawValue)
        return nested.place(found) { .init(mount: mount, fileSystemID: { part }) }
    }

    @Test func filesOfTheShareItselfKeepTheirNumbers() {
        let placed = file(nested(), 34, on: 50, mount: 7)
        #expect(placed.inode == 34 && placed.device == 0)
        #expect(reads.withLock { $0 } == 0)
    }

    /// What the root is at the opening is what it is found to be later: the kernel would be told of a change, and takes no answer
    /// that was on its way then.
    @Test func theRootIsTheSameAtItsOpeningAsLater() throws {
        let place = try TemporaryDirectory()
        let opening = try Share.Opening(path: place.path, clock: ManualClock())
        let share = Share(
            opening,
            scheduler: ShareScheduler(
                lanes: 2, deadline: .seconds(10), clock: ManualClock(), log: Log(write: { _ in })))
        defer { share.stop() }
        #expect(opening.attributes.device == 0)
        #expect(try share.rootAttributes() == opening.attributes)
    }

    @Test func oneNumberOnThreeFileSystemsBecomesThree() {
        let nested = nested()
        mount([(7, 50, "/mnt/nas"), (8, 51, "/mnt/nas/films"), (9, 300, "/mnt/nas/films/old")])
        let placed = [
            file(nested, 34, on: 50, mount: 7), file(nested, 34, on: 51, mount: 8),
            file(nested, 34, on: 300, mount: 9),
        ]
        #expect(Set(placed.map(\.inode)).count == 3)
        #expect(Set(placed.map(\.device)).count == 3)
        #expect(placed.allSatisfy { $0.inode <= UInt64(Int64.max) })
        let others = (1...1000).map { file(nested, $0, on: 51, mount: 8).inode }
        #expect(Set(others).count == 1000)
        #expect(reads.withLock { $0 } == 2, "once each")
    }

    /// What is mounted again has another device, and the kernel gives the old one, and the mount's number, to what comes next.
    @Test func numbersGoByThePlaceAndNotByTheDevice() {
        let nested = nested()
        mount([(7, 50, "/mnt/nas"), (8, 51, "/mnt/nas/films"), (9, 52, "/mnt/nas/music")])
        let films = file(nested, 34, on: 51, mount: 8)
        let music = file(nested, 34, on: 52, mount: 9)
        mount([(7, 50, "/mnt/nas"), (8, 51, "/mnt/nas/music"), (9, 52, "/mnt/nas/films")])
        #expect(file(nested, 34, on: 51, mount: 8) == music)
        #expect(file(nested, 34, on: 52, mount: 9) == films)
        // The same share in another place, at its next mount.
        mount([(3, 9, "/srv/nas/films")])
        let elsewhere = self.nested(below: "/srv/nas", on: 8)
        #expect(file(elsewhere, 34, on: 9, mount: 3) == films)
    }

    /// Others mount the same disk in a shorter place, or take it away while somebody has a file of it open.
    @Test func whatIsInUseKeepsItsNumber() {
        let nested = nested()
        mount([(7, 50, "/mnt/nas"), (8, 51, "/mnt/nas/films")])
        let before = file(nested, 34, on: 51, mount: 8)
        mount([(7, 50, "/mnt/nas"), (8, 51, "/mnt/nas/films"), (10, 51, "/mnt/nas/f")])
        #expect(file(nested, 34, on: 51, mount: 8) == before)
        mount([(7, 50, "/mnt/nas")])
        #expect(file(nested, 34, on: 51, mount: 8) == before)
    }

    /// Subvolumes are no mounts, and their devices go by the order in which they are used.
    @Test func subvolumesHaveNumbersThatLast() {
        let nested = nested()
        mount([(7, 40, "/mnt/nas")], type: "btrfs")
        let films = file(nested, 256, on: 61, mount: 7, part: 1000)
        let music = file(nested, 256, on: 62, mount: 7, part: 1001)
        #expect(Set([films.inode, music.inode, 256]).count == 3)
        let later = self.nested(on: 60)
        #expect(file(later, 256, on: 62, mount: 7, part: 1000) == films)
        #expect(file(later, 256, on: 61, mount: 7, part: 1001) == music)
    }

    /// What was asked of the share's mount before it was replaced may answer yet.
    @Test func theShareIsItselfOnItsNextMountToo() {
        let nested = nested()
        mount([(11, 70, "/mnt/nas")])
        nested.setRoot(Self.device(70))
        #expect(file(nested, 34, on: 70, mount: 11).inode == 34)
        #expect(file(nested, 34, on: 50, mount: 7).inode == 34)
        mount([(11, 70, "/mnt/nas"), (12, 50, "/mnt/nas/films")])
        #expect(file(nested, 34, on: 50, mount: 12).inode != 34)
    }
}
