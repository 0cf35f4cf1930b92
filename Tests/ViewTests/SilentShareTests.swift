import Fuse
import Glibc
import Model
import Platform
import Share
import TestSupport
import Testing

@testable import View

/// Who looks at names that are known while the share does not answer.
@Suite struct SilentShareTests {
    @Test func onlyTheFirstWaitsForAShareThatIsSilent() throws {
        let fixture = try NamespaceFixture()
        let names: [Name] = ["a", "b", "c"]
        for name in names {
            _ = try fixture.directory.file(name.description, "1")
            #expect(fixture.look(at: name).answer()?.nodeID ?? 0 != 0)
        }
        let gate = fixture.hang()
        // The kernel believes the names, and asks nevertheless: somebody may want to be sure.
        let first = fixture.look(at: "a")
        #expect(!first.isAtOnce)
        fixture.clock.advance(by: .seconds(1))
        #expect(first.answer()?.nodeID ?? 0 != 0)
        for name in names {
            let next = fixture.look(at: name)
            #expect(next.isAtOnce, "\(name)")
            // Whoever waits for the clock would wait for good.
            if next.isAtOnce { #expect(next.answer()?.nodeID ?? 0 != 0, "\(name)") }
        }
        // It answers again, and so is asked again by who wants to be sure.
        fixture.clock.advance(by: .milliseconds(1))
        gate.open()
        let isBack = Gate()
        fixture.scheduler.submit(.demand) { () throws(Errno) in
        } completion: { _ in
            isBack.pass()
        }
        isBack.waitFor(1)
        isBack.open()
        try FileCalls.unlink(
            at: FileCalls.workingDirectory, Array("\(fixture.directory.path)/b".utf8))
        #expect(fixture.look(at: "b").answer()?.nodeID == 0)
    }

    /// Of several who ask for a name that the kernel has ceased to believe, the later ones ask while the first one's answer is
    /// on its way to it.
    @Test func whoAsksBesideOthersDoesNotWantToBeSure() throws {
        let fixture = try NamespaceFixture()
        // Not so small that it might be a lock.
        _ = try fixture.directory.file("a", String(repeating: "1", count: 100))
        #expect(fixture.look(at: "a").answer()?.nodeID ?? 0 != 0)
        let gate = fixture.hang()
        defer { gate.open() }
        let (first, second, ended) = (getpid(), getpid() + 1, Int32.max)
        fixture.clock.advance(by: .seconds(6))
        #expect(fixture.look(at: "a", for: first).isAtOnce)
        #expect(fixture.look(at: "a", for: second).isAtOnce)
        // It has the answer, and the kernel believes it: a thread that asks again wants to be sure.
        #expect(!fixture.look(at: "a", for: first).isAtOnce)
        // Nothing is known of who this is.
        #expect(!fixture.look(at: "a").isAtOnce)
        fixture.clock.advance(by: .milliseconds(60))
        #expect(!fixture.look(at: "a", for: second).isAtOnce)
        // A command that looked, and has ended before the next one began.
        fixture.clock.advance(by: .seconds(6))
        #expect(fixture.look(at: "a", for: ended).isAtOnce)
        #expect(!fixture.look(at: "a", for: second).isAtOnce)
    }
}
