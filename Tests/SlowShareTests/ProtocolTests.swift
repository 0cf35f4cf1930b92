import Glibc
import Model
import Platform
import TestSupport
import Testing

/// A share behaves as those of NFS and SMB do, where it is told to.
@Suite(
    .enabled(
        if: Requirement.isMet(MountedShare.isPossible), "no /dev/fuse here: mounts cannot be tested"
    )
)
struct ProtocolTests {
    private func names(_ directory: String) throws -> [String] {
        var reader = DirectoryReader(try FileCalls.open(directory, [.readOnly, .directory]))
        var names: [String] = []
        while let batch = try reader.next() { names += batch.map { "\($0.name)" } }
        return names
    }

    /// The error of a call on paths; nil where it did it.
    private func error(_ call: () -> Int32) -> Errno? {
        call() == 0 ? nil : Errno(rawValue: errno)
    }

    @Test func hidesWhatIsDeletedWhileItIsOpen() throws {
        let share = try MountedShare(["--round-trip", "0", "--silly-rename"])
        let folder = "\(share.mountpoint)/folder"
        #expect(error { mkdir(folder, 0o755) } == nil)
        try share.put("folder/file", Array("text".utf8))
        try share.put("folder/new", Array("new".utf8))
        do {
            let file = try FileCalls.open("\(folder)/file", .readOnly)
            #expect(error { rename("\(folder)/new", "\(folder)/file") } == nil)
            let hidden = try #require(try names(folder).first { $0.hasPrefix(".nfs") })
            #expect(try names(folder).sorted() == [hidden, "file"])
            #expect(error { unlink("\(folder)/\(hidden)") } == .busy)
            #expect(error { unlink("\(folder)/file") } == nil)
            #expect(error { rmdir(folder) } == .notEmpty)
            var bytes = [UInt8](repeating: 0, count: 4)
            let count = try bytes.withUnsafeMutableBytes { (bytes) throws(Errno) in
                try FileCalls.read(file.rawValue, into: bytes, at: 0)
            }
            #expect(count == 4 && bytes == Array("text".utf8))
        }
        // The kernel tells of the last close behind its answer.
        _ = try Eventually.holds(within: .seconds(10)) { try names(folder).isEmpty }
        #expect(error { rmdir(folder) } == nil)
    }

    @Test func refusesWhatConcernsOpenFiles() throws {
        let share = try MountedShare(["--round-trip", "0", "--share-modes"])
        let folder = "\(share.mountpoint)/folder"
        #expect(error { mkdir(folder, 0o755) } == nil)
        for name in ["open", "closed"] { try share.put("folder/\(name)", Array(name.utf8)) }
        do {
            let file = try FileCalls.open("\(folder)/open", .readOnly)
            defer { withExtendedLifetime(file) {} }
            #expect(error { unlink("\(folder)/open") } == .accessDenied)
            #expect(error { rename("\(folder)/open", "\(folder)/other") } == .accessDenied)
            #expect(error { rename("\(folder)/closed", "\(folder)/open") } == .accessDenied)
            #expect(error { rename(folder, "\(share.mountpoint)/moved") } == .accessDenied)
            #expect(error { unlink("\(folder)/closed") } == nil)
        }
        #expect(error { rename(folder, "\(share.mountpoint)/moved") } == nil)
        #expect(error { unlink("\(share.mountpoint)/moved/open") } == nil)
    }

    @Test func findsNamesInAnyCase() throws {
        let share = try MountedShare(["--round-trip", "0", "--ignore-case"])
        try share.put("Case.TXT", Array("text".utf8))
        let (upper, lower) = ("\(share.mountpoint)/Case.TXT", "\(share.mountpoint)/case.txt")
        #expect(share.look("case.txt") == nil && share.look("other") == .noSuchFile)
        let (found, same) = try (
            FileCalls.attributes(ofPath: upper), FileCalls.attributes(ofPath: lower)
        )
        #expect(found.inode == same.inode)
        #expect(error { mkdir(lower, 0o755) } == .exists)
        #expect(try names(share.mountpoint) == ["Case.TXT"])
        #expect(error { rename(lower, "\(share.mountpoint)/Other") } == nil)
        #expect(share.look("Other") == nil)
        #expect(error { unlink("\(share.mountpoint)/OTHER") } == nil)
        #expect(share.look("Other") == .noSuchFile, "the kernel remembers nothing of it")
        #expect(try names(share.directory) == [])
    }

    @Test(.enabled(if: Requirement.isMet(geteuid() == 0), "needs root"))
    func isNobodyToRoot() throws {
        let share = try MountedShare(["--round-trip", "0", "--squash", "65534:65533"])
        #expect(error { chmod(share.base, 0o755) } == nil)
        #expect(error { chmod(share.directory, 0o777) } == nil)
        try share.put("private", Array("text".utf8))
        #expect(error { chmod("\(share.directory)/private", 0o600) } == nil)
        #expect(error { chown("\(share.directory)/private", 23_001, 23_001) } == nil)
        let file = "\(share.mountpoint)/private"
        #expect(throws: Errno.accessDenied) { _ = try FileCalls.open(file, .readOnly) }
        #expect(error { chmod(file, 0o644) } == .notPermitted)
        // A process of its own: what a thread of this one has been, its children would notice.
        let setpriv = try #require(ChildProcess.find("setpriv", searchPath: nil))
        let (ending, output) = try ChildProcess.run(
            setpriv, ["--reuid=23001", "--regid=23001", "--clear-groups", "cat", file])
        #expect(ending == .exited(code: 0) && output == "text", "\(ending): \(output)")
        #expect(error { mkdir("\(share.mountpoint)/made", 0o755) } == nil)
        let made = try FileCalls.attributes(ofPath: "\(share.mountpoint)/made")
        #expect(made.userID == 65534 && made.groupID == 65533)
    }
}
