import Control
import Model
import Platform
import TestSupport
import Testing

@Suite struct MountRegistryTests {
    private let place: TemporaryDirectory
    private let registry: MountRegistry

    init() throws {
        place = try TemporaryDirectory()
        let runtime = RuntimeDirectory(path: "\(place.path)/run", owner: Environment.userID)
        registry = MountRegistry(try runtime.prepare())
    }

    private func entry(_ view: String) -> RegistryEntry {
        RegistryEntry(view: view, share: "/share", pid: Environment.processID, started: 7)
    }

    @Test func listsWhatIsClaimed() throws {
        let second = try registry.claim(entry("/b"))
        let first = try registry.claim(entry("/a"))
        #expect(registry.entries() == [entry("/a"), entry("/b")])
        #expect(registry.entry(forView: Array("/b".utf8)) == entry("/b"))
        first.release()
        second.release()
        #expect(registry.entries() == [])
        #expect(!registry.isRunning(view: Array("/a".utf8)))
    }

    @Test func refusesASecondDaemonForAViewAndNamesTheFirst() throws {
        let first = try registry.claim(entry("/a"))
        #expect(throws: ControlError.claimed(entry("/a"))) { try registry.claim(entry("/a")) }
        first.release()
    }

    /// A claim that is let go without release is what a crash leaves: an entry without a lock.
    @Test func whatACrashLeavesIsRemovedAndCanBeClaimedAgain() throws {
        var crashed: RegistryClaim? = try registry.claim(entry("/a"))
        _ = try place.file("run/\(MountRegistry.socketName(ofView: Array("/a".utf8)))")
        #expect(crashed != nil)
        crashed = nil
        #expect(registry.entries() == [])
        #expect(try DirectoryNames.list("\(place.path)/run") == [])
        crashed = try registry.claim(entry("/a"))
        crashed = nil
        let again = try registry.claim(entry("/a"))
        #expect(registry.entries().count == 1)
        again.release()
    }

    @Test func entriesThatMakeNoSenseAreLeftOut() throws {
        _ = try place.file("run/0123456789abcdef.json", "{")
        _ = try place.file("run/other", "")
        #expect(registry.entries() == [])
    }

    @Test func identifiersAreShortAndDiffer() {
        let one = MountRegistry.identifier(ofView: Array("/a".utf8))
        #expect(one.count == 16)
        #expect(one.allSatisfy { $0.isHexDigit })
        #expect(one != MountRegistry.identifier(ofView: Array("/b".utf8)))
    }
}

enum DirectoryNames {
    static func list(_ path: String) throws -> [String] {
        var reader = DirectoryReader(try FileCalls.open(path, .directory))
        var names: [String] = []
        while let batch = try reader.next() { names += batch.map(\.name.description) }
        return names.sorted()
    }
}
