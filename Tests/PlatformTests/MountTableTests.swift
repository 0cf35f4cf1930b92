import Model
import Platform
import Testing

@Suite struct MountTableTests {
    private let table = MountTable(
        parsing: Array(
            """
            22 1 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw
            30 22 0:25 / /proc rw,nosuid - proc proc rw
            40 22 0:50 / /mnt/with\\040blank\\134 rw - fuse.larder /a\\054b rw,user_id=1000,group_id=5
            41 40 0:51 / /mnt/with\\040blank\\134/in rw - tmpfs none rw
            nonsense
            42 22 0:52 / /mnt/half rw shared:1
            43 22 0:53 / /mnt/empty rw -  none rw

            """.utf8))

    @Test func readsFieldsAndEscapes() throws {
        let entry = try #require(table.entry(at: Array("/mnt/with blank\\".utf8)))
        #expect(entry.device == "0:50")
        #expect(entry.fileSystemType == "fuse.larder")
        #expect(entry.source == "/a,b")
        #expect(entry.options == ["rw"])
        #expect(entry.fuseOwner == 1000)
        let root = try #require(table.entry(at: Array("/".utf8)))
        #expect(root.fileSystemType == "ext4")
        #expect(root.fuseOwner == nil)
    }

    @Test(arguments: [
        ("/", "0"), ("/etc/x", "0"), ("/proc", "1"), ("/proc/self", "1"), ("/process", "0"),
        ("/mnt/with blank\\/a", "2"), ("/mnt/with blank\\/in/b", "3"), ("/mnt/half/x", "0"),
    ])
    func findsTheMountAbove(path: String, index: String) throws {
        let entry = try #require(table.entry(containing: Array(path.utf8)))
        #expect(entry == table.entries[try #require(Int(index))])
    }

    @Test func readsTheTableOfThisMachine() throws {
        let current = try MountTable.current()
        #expect(current.entry(at: Array("/".utf8)) != nil)
        #expect(current.entry(containing: Array("/proc/self".utf8))?.fileSystemType == "proc")
    }
}
