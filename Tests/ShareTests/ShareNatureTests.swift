import Model
import Platform
import Testing

@testable import Share

/// What is relied on of a share, and who decides where it does not.
@Suite struct ShareNatureTests {
    private func nature(_ type: String, _ options: String = "rw") -> ShareNature {
        let line = "36 35 98:0 / /mnt rw - \(type) server \(options)"
        return ShareNature(MountTable(parsing: Array(line.utf8)).entries.first)
    }

    @Test func kernelsOwnFileSystemsAreReliedOn() {
        for type in ["ext4", "xfs", "btrfs", "tmpfs"] {
            #expect(
                nature(type)
                    == ShareNature(
                        inodesLast: true, keepsFiles: true, decides: true, isLocal: true,
                        hidesOpenFiles: false))
        }
        let network = ShareNature(
            inodesLast: true, keepsFiles: true, decides: true, isLocal: false,
            hidesOpenFiles: true)
        #expect(nature("nfs4") == network)
    }

    /// What has, or may have, a server answers for seconds from what it remembers.
    @Test func onlyDisksOfThisMachineAreLocal() {
        for type in ["ext4", "btrfs", "xfs", "vfat", "tmpfs"] { #expect(nature(type).isLocal) }
        for type in ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuseblk", "9p", "ceph", "new"] {
            #expect(!nature(type).isLocal, "\(type)")
        }
        #expect(!ShareNature(nil).isLocal)
    }

    @Test func programsAndPathsAreNot() {
        let bare = nature("fuse.sshfs", "rw,user_id=0,allow_other")
        let unknown = ShareNature(
            inodesLast: false, keepsFiles: false, decides: false, isLocal: false,
            hidesOpenFiles: true, releasesLate: true, closeSetsTimes: true)
        #expect(bare == unknown)
        #expect(nature("fuse.sshfs", "rw,default_permissions").decides)
        #expect(!nature("cifs", "rw,noperm").decides && nature("cifs").decides)
        #expect(!nature("cifs").keepsFiles && nature("cifs").hidesOpenFiles)
        #expect(nature("cifs").closeSetsTimes && !nature("nfs4").closeSetsTimes)
        #expect(!nature("cifs").releasesLate && !nature("nfs4").releasesLate)
        #expect(nature("cifs").countsLinks && !bare.countsLinks && !nature("nfs4").countsLinks)
        // It takes the option back while it is mounted, and gives out numbers of its own then.
        #expect(nature("cifs", "rw,serverino") == nature("cifs", "rw"))
        #expect(!nature("cifs", "rw,serverino").inodesLast)
        // Without numbers on the disk the kernel gives them out as it goes.
        for type in ["vfat", "msdos", "exfat"] {
            #expect(!nature(type, "rw").inodesLast && nature(type, "rw").isLocal)
        }
        #expect(ShareNature(nil) == unknown)
    }

    /// A file that refuses one user, and lets everybody read but its group: mode 0604 to an NFSv4 server that is not Linux's. The
    /// kernel's rule, that empty group bits are an empty mask, is for POSIX lists.
    @Test func aListCountsWhereTheModeGivesTheGroupNothing() {
        func entry(_ tag: UInt8, _ permissions: UInt8, _ id: UInt32 = .max) -> [UInt8] {
            [tag, 0, permissions, 0] + withUnsafeBytes(of: id.littleEndian) { Array($0) }
        }
        let list = AccessList(
            [2, 0, 0, 0] + entry(0x01, 6) + entry(0x02, 0, 1001) + entry(0x04, 0)
                + entry(0x10, 7) + entry(0x20, 4))
        let file = FileAttributes(
            inode: 1, mode: FileKind.regular.rawValue | 0o604, userID: 7, groupID: 9)
        for (lists, isRefused) in [(AttributeNature.Lists.nfs4, true), (.posix, false)] {
            let nature = AttributeNature(hasAny: true, lists: lists, isNear: false)
            for (id, isMeant) in [(UInt32(1001), true), (1002, false)] {
                let user = Credentials(userID: id, groupID: id)
                #expect(nature.mayDependOnList(user: id, on: file) == isRefused)
                let decisive = nature.decisive(file, by: list)
                #expect(user.allows(.read, on: decisive, list) == !(isRefused && isMeant))
            }
        }
    }

    @Test func whatIsNeededIsHeldByWhoTheKernelWouldLet() {
        let ann = Credentials(userID: 1000, groupID: 1000, supplementaryGroups: [50])
        let root = Credentials(userID: 0, groupID: 0, capabilities: ~0)
        func file(_ mode: UInt32, _ user: UInt32) -> FileAttributes {
            FileAttributes(
                inode: 1, mode: FileKind.regular.rawValue | mode, userID: user, groupID: 9)
        }
        let (own, others) = (file(0o644, 1000), file(0o666, 7))
        #expect(NeededRight.ownership.isHeld(by: ann, on: own))
        #expect(!NeededRight.ownership.isHeld(by: ann, on: others))
        #expect(NeededRight.touch.isHeld(by: ann, on: others))
        #expect(!NeededRight.touch.isHeld(by: ann, on: file(0o644, 7)))
        #expect(NeededRight.change(userID: nil, groupID: 50).isHeld(by: ann, on: own))
        #expect(!NeededRight.change(userID: nil, groupID: 51).isHeld(by: ann, on: own))
        #expect(!NeededRight.change(userID: 7, groupID: nil).isHeld(by: ann, on: own))
        #expect(NeededRight.change(userID: 7, groupID: 7).isHeld(by: root, on: own))
        #expect(NeededRight.link.isHeld(by: ann, on: others))
        #expect(!NeededRight.link.isHeld(by: ann, on: file(0o644, 7)))
        #expect(!NeededRight.link.isHeld(by: ann, on: file(0o4777, 7)))
    }
}
