import Glibc
import Model
import Platform
import TestSupport
import Testing

/// The same operations on a plain directory and through a mount must come to the same.
@Suite(
    .enabled(
        if: Requirement.isMet(MountedShare.isPossible), "no /dev/fuse here: mounts cannot be tested"
    )
)
struct PassthroughTests {
    /// Runs `body` in both places; what it returns, or the error that it met, must be equal.
    private func compare<Result: Equatable & Sendable>(
        _ body: (_ directory: String) throws -> Result, location: SourceLocation = #_sourceLocation
    ) throws {
        let share = try MountedShare(["--round-trip", "0", "--bandwidth", "unlimited"])
        let plain = "\(share.base)/plain"
        try FileCalls.makeDirectory(
            at: FileCalls.workingDirectory, Array(plain.utf8), mode: 0o755)
        let expected = Swift.Result { try body(plain) }.mapError { $0 as? Errno ?? .ioError }
        let found = Swift.Result { try body(share.mountpoint) }.mapError {
            $0 as? Errno ?? .ioError
        }
        #expect(found == expected, sourceLocation: location)
    }

    private func write(_ path: String, _ text: String, _ flags: OpenFlags = .create) throws {
        let file = try FileCalls.open(path, flags.union(.writeOnly), mode: 0o644)
        try Array(text.utf8).withUnsafeBytes { bytes in
            _ = try FileCalls.writeSome(file.rawValue, bytes, at: 0)
        }
    }

    private func node(_ path: String) throws -> FileDescriptor {
        try FileCalls.open(path, [.pathOnly, .noFollow])
    }

    @Test func hardLinksAreOneFile() throws {
        try compare { base in
            try write("\(base)/a", "hello")
            let file = try node("\(base)/a")
            let folder = try node(base)
            try FileCalls.link(file.rawValue, at: folder.rawValue, "b")
            let second = try node("\(base)/b")
            try FileCalls.setMode(of: second.rawValue, 0o600)
            let (a, b) = try (
                FileCalls.attributes(ofPath: "\(base)/a"), FileCalls.attributes(ofPath: "\(base)/b")
            )
            return [a.inode == b.inode ? 1 : 0, a.linkCount, a.mode, b.mode]
        }
    }

    @Test func appendingIgnoresOffsets() throws {
        try compare { base in
            try write("\(base)/a", "one ")
            try write("\(base)/a", "two ", .append)
            try write("\(base)/a", "three", .append)
            return try FileContents.read("\(base)/a")
        }
    }

    @Test func anUnlinkedFileLivesUntilItIsClosed() throws {
        try compare { base in
            let file = try FileCalls.open("\(base)/a", [.readWrite, .create], mode: 0o644)
            let folder = try node(base)
            try FileCalls.unlink(at: folder.rawValue, Array("a".utf8))
            try Array("still here".utf8).withUnsafeBytes {
                try FileCalls.write(file.rawValue, $0, at: 3)
            }
            try FileCalls.setSize(ofOpen: file.rawValue, 8)
            let attributes = try FileCalls.attributes(of: file.rawValue)
            return [Int64(attributes.linkCount), attributes.size]
        }
    }

    @Test func omittedTimesStay() throws {
        try compare { base in
            try write("\(base)/a", "x")
            let file = try node("\(base)/a")
            let past = Timestamp(seconds: 1_000_000, nanoseconds: 123_456_789)
            try FileCalls.setTimes(of: file.rawValue, accessed: .set(past), modified: .set(past))
            try FileCalls.setTimes(of: file.rawValue, accessed: .now, modified: .omit)
            let attributes = try FileCalls.attributes(ofPath: "\(base)/a")
            return [attributes.modified == past, attributes.accessed > past]
        }
    }

    @Test func exclusiveNamesAreRefused() throws {
        try compare { base in
            try write("\(base)/a", "x")
            try write("\(base)/a", "y", [.create, .exclusive])
            return true
        }
        try compare { base in
            try write("\(base)/a", "1")
            try write("\(base)/b", "2")
            let folder = try node(base)
            try FileCalls.rename(at: folder.rawValue, "a", to: folder.rawValue, "b", flags: 1)
            return true
        }
        try compare { base in
            try write("\(base)/" + String(repeating: "n", count: 256), "")
            return true
        }
        try compare { base in
            try write("\(base)/a", "")
            let folder = try node(base)
            try FileCalls.removeDirectory(at: folder.rawValue, Name("a"))
            return true
        }
    }

    @Test func namesAreBytes() throws {
        try compare { base in
            let name = Name([0xFF, 0x0A, 0xFE])
            let directory = try node(base)
            try FileCalls.makeNode(at: directory.rawValue, name, mode: 0o100644, device: 0)
            var reader = DirectoryReader(try FileCalls.open(base, [.readOnly, .directory]))
            return try reader.next()?.map(\.name)
        }
    }

    @Test func extendedAttributesPass() throws {
        try compare { base in
            try write("\(base)/a", "")
            let file = try node("\(base)/a")
            try FileCalls.setExtendedAttribute(
                of: file.rawValue, "user.note", to: [1, 0, 2], flags: 0)
            let path = FileCalls.path(of: file.rawValue)
            let value = try FileCalls.extendedAttribute(ofPath: path, "user.note")
            try FileCalls.removeExtendedAttribute(of: file.rawValue, "user.note")
            return value
        }
        try compare { base in
            try write("\(base)/a", "")
            return try FileCalls.extendedAttribute(ofPath: "\(base)/a", "user.none")
        }
    }

    @Test func holesAreHoles() throws {
        try compare { base in
            let file = try FileCalls.open("\(base)/a", [.readWrite, .create], mode: 0o644)
            try FileCalls.setSize(ofOpen: file.rawValue, 1 << 20)
            try [UInt8](repeating: 7, count: 4096).withUnsafeBytes {
                try FileCalls.write(file.rawValue, $0, at: 1 << 18)
            }
            return try [
                FileCalls.nextData(file.rawValue, from: 0) ?? -1,
                FileCalls.nextHole(file.rawValue, from: 1 << 18),
                FileCalls.nextData(file.rawValue, from: 1 << 19) ?? -1,
            ]
        }
    }

    @Test func locksReachTheShare() throws {
        let share = try MountedShare(["--round-trip", "0"])
        try share.put("a", [1])
        let below = try FileCalls.open("\(share.directory)/a", .readWrite)
        let above = try FileCalls.open("\(share.mountpoint)/a", .readWrite)
        try FileCalls.lockFile(below.rawValue, LOCK_EX)
        #expect(throws: Errno.again) { try FileCalls.lockFile(above.rawValue, LOCK_SH) }
        try FileCalls.lockFile(below.rawValue, LOCK_UN)
        let wanted = RecordLock(kind: .read, start: 0, length: 0)
        do {
            let closing = try FileCalls.open("\(share.mountpoint)/a", .readWrite)
            try FileCalls.setLock(closing.rawValue, RecordLock(kind: .write, start: 10, length: 5))
            let found = try FileCalls.conflictingLock(below.rawValue, wanted)
            #expect(found?.lock == RecordLock(kind: .write, start: 10, length: 5))
        }
        // It was the open file's: of that one the kernel tells nothing but its end, and that a little later.
        #expect(
            try Eventually.holds { try FileCalls.conflictingLock(below.rawValue, wanted) == nil })
    }
}
