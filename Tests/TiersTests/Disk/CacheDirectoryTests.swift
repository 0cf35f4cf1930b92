import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

@Suite struct CacheDirectoryTests {
    private let share = MessageDigest.sha256(Array("//nas/films".utf8))

    private func open(_ base: String, view: String = "/home/ann/nas") throws -> CacheDirectory {
        try CacheDirectory.open(
            base: base, shareIdentity: share, sharePath: "/mnt/na\ns", view: view)
    }

    private func mode(_ path: String) -> UInt32 {
        ((try? FileCalls.attributes(ofPath: path).mode) ?? 0) & 0o7777
    }

    @Test func makesWhatIsMissing() throws {
        let directory = TemporaryDirectory()
        let base = directory.path + "/a/b/cache"
        let cache = try open(base)
        #expect(contents(base + "/FORMAT") == Array("larder cache, format 1\n".utf8))
        #expect(cache.path == base + "/shares/" + share.hexadecimal.prefix(32))
        #expect(contents(cache.path + "/SHARE") == Array("/mnt/na\\ns\n".utf8))
        for path in [base, base + "/shares", cache.path] { #expect(mode(path) == 0o700) }
        for name in ["/FORMAT", "/shares/\(share.hexadecimal.prefix(32))/lock"] {
            #expect(mode(base + name) == 0o600)
        }
        let lock = String(decoding: contents(cache.path + "/lock"), as: UTF8.self)
        #expect(lock == "pid \(getpid())\nshare /mnt/na\\ns\nview /home/ann/nas\n")
    }

    @Test func aSecondDaemonIsRefusedByName() throws {
        let directory = TemporaryDirectory()
        do {
            let first = try open(directory.path)
            let error = #expect(throws: CacheDirectoryError.self) {
                try open(directory.path, view: "/other")
            }
            guard case .inUse(first.path, let holder) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(holder.processID == getpid())
            #expect(holder.view == "/home/ann/nas")
            #expect(
                "\(String(describing: error))".contains("process \(getpid()) (view /home/ann/nas)"))
            withExtendedLifetime(first) {}
        }
        // The lock ends with its holder; another share was never in the way.
        _ = try open(directory.path)
    }

    /// The power failed as the cache was made: the name was on the disk, and the bytes were not.
    @Test(arguments: [[], Array(repeating: 0, count: 23)])
    func aCacheThatWasJustBegunIsBegunAgain(found: [UInt8]) throws {
        let directory = TemporaryDirectory()
        replace(directory.path + "/FORMAT", found)
        _ = try open(directory.path)
        #expect(contents(directory.path + "/FORMAT") == Array("larder cache, format 1\n".utf8))
        // With anything beside it, it is somebody else's.
        replace(directory.path + "/FORMAT", found)
        #expect(throws: CacheDirectoryError.self) { try open(directory.path) }
    }

    @Test func sharesLieSideBySide() throws {
        let directory = TemporaryDirectory()
        let one = try open(directory.path)
        let other = try CacheDirectory.open(
            base: directory.path, shareIdentity: MessageDigest.sha256([1]), sharePath: "/b",
            view: "/v")
        #expect(one.path != other.path)
    }

    @Test func aForeignDirectoryIsLeftAlone() throws {
        let directory = TemporaryDirectory()
        #expect(mkdir(directory.path + "/photos", 0o755) == 0)
        #expect(chmod(directory.path, 0o755) == 0)
        #expect(throws: CacheDirectoryError.foreign(path: directory.path)) {
            try open(directory.path)
        }
        #expect(mode(directory.path) == 0o755)
        #expect((try? FileCalls.attributes(ofPath: directory.path + "/FORMAT")) == nil)
        #expect((try? FileCalls.attributes(ofPath: directory.path + "/shares")) == nil)
    }

    @Test func aFreshFileSystemIsEmptyEnough() throws {
        let directory = TemporaryDirectory()
        #expect(mkdir(directory.path + "/lost+found", 0o700) == 0)
        _ = try open(directory.path)
    }

    @Test(arguments: [
        ("larder cache, format 2\n", "format 2"), ("larder cache, format 10\nmore\n", "format 10"),
    ])
    func aNewerFormatIsLeftAlone(line: String, found: String) throws {
        let directory = TemporaryDirectory()
        let file = try FileCalls.open(
            directory.path + "/FORMAT", [.writeOnly, .create], mode: 0o644)
        try FileContents.write(file.rawValue, Array(line.utf8))
        #expect(throws: CacheDirectoryError.otherFormat(path: directory.path, found: found)) {
            try open(directory.path)
        }
        #expect(filesBelow(directory.path) == ["FORMAT"])
        #expect(contents(directory.path + "/FORMAT") == Array(line.utf8))
    }

    @Test func aFormatFileOfSomethingElseIsForeign() throws {
        let directory = TemporaryDirectory()
        let file = try FileCalls.open(
            directory.path + "/FORMAT", [.writeOnly, .create], mode: 0o644)
        try FileContents.write(file.rawValue, Array("borg 1\n".utf8))
        #expect(throws: CacheDirectoryError.foreign(path: directory.path)) {
            try open(directory.path)
        }
    }

    @Test func aFileIsNoDirectory() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/file"
        _ = try FileCalls.open(path, [.writeOnly, .create], mode: 0o644)
        #expect(throws: CacheDirectoryError.notADirectory(path: path)) { try open(path) }
    }

    @Test(
        .enabled(
            if: Requirement.isMet(geteuid() == 0), "only root can make a directory of somebody else"
        ))
    func somebodyElsesDirectoryIsRefused() throws {
        let directory = TemporaryDirectory()
        #expect(chown(directory.path, 12345, 12345) == 0)
        #expect(throws: CacheDirectoryError.notOurs(path: directory.path, owner: 12345)) {
            try open(directory.path)
        }
    }

    @Test(arguments: [0o777, 0o770, 0o1777, 0o722] as [mode_t])
    func aDirectoryThatOthersWriteToIsRefused(mode: mode_t) throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/cache"
        #expect(mkdir(path, 0o700) == 0 && chmod(path, mode) == 0)
        let refusal = CacheDirectoryError.writableByOthers(path: path, mode: UInt32(mode) | S_IFDIR)
        #expect(throws: refusal) { try open(path) }
        #expect(filesBelow(path) == [])

        // Nor is what somebody put in between trusted.
        #expect(chmod(path, 0o755) == 0)
        _ = try open(path)
        #expect(chmod(path + "/shares", mode) == 0)
        #expect(throws: CacheDirectoryError.self) { try open(path) }
    }

    @Test func messagesSayWhatWhereAndWhatToDo() {
        let holder = CacheDirectory.Holder(processID: 7, share: "/mnt/nas", view: "/v")
        let errors: [CacheDirectoryError] = [
            .foreign(path: "/c"), .otherFormat(path: "/c", found: "format 2"),
            .inUse(path: "/c", holder: holder), .notOurs(path: "/c", owner: 1),
            .writableByOthers(path: "/c", mode: 0o40777),
            .notADirectory(path: "/c"), .unusable(path: "/c", reason: "cannot make it", .noSpace),
            .index(path: "/c", reason: "no"),
        ]
        for error in errors {
            #expect(error.description.contains("/c"))
            #expect(error.description.contains("cache=") || error.description.contains("Check"))
        }
    }
}
