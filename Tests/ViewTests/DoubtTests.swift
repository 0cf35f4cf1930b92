import Fuse
import Model
import Platform
import Share
import Synchronization
import TestSupport
import Testing
import Tiers

@testable import View

/// What somebody wants to be asked for anew.
@Suite struct DoubtTests {
    private let fixture: NamespaceFixture

    init() throws {
        fixture = try NamespaceFixture()
        _ = try fixture.directory.directory("share")
    }

    private func list(_ path: RelativePath) throws -> [String] { try fixture.list(path) }

    private func file(_ name: String) throws { try fixture.makeFile(name) }

    @Test func whatIsDoubtedIsAskedForAtTheNextLook() throws {
        try file("old")
        #expect(try list(RelativePath()).contains("old"))
        _ = fixture.look(at: "new").answer()
        try file("new")
        fixture.clock.advance(by: .seconds(1))
        #expect(try !list(RelativePath()).contains("new"), "it was listed a second ago")
        let known = fixture.namespace.nodes.doubt(RelativePath())
        #expect(known >= 2)
        #expect(fixture.look(at: "new").answer()?.nodeID != 0)
        #expect(try list(RelativePath()).contains("new"))
    }

    /// The folder that lacks a name is what says that it is not there.
    @Test func aNameThatWasNotThereIsLookedForAgain() throws {
        #expect(try !list(RelativePath()).contains("new"))
        try file("new")
        fixture.clock.advance(by: .seconds(1))
        #expect(fixture.look(at: "new").answer()?.nodeID == 0)
        #expect(fixture.namespace.nodes.doubt(RelativePath(["new", "deeper"])) == 0)
        #expect(fixture.look(at: "new").answer()?.nodeID != 0)
    }

    /// The share was asked before, and answers afterwards.
    @Test func anAnswerOfBeforeIsNotBelieved() throws {
        try file("old")
        #expect(try list(RelativePath()).contains("old"))
        fixture.clock.advance(by: .seconds(400))
        let gate = fixture.hang()
        let id = try #require(fixture.namespace.nodes.node(at: RelativePath(["old"])))
        let question = fixture.namespace.nodes.table.withLock { $0.questions.ask(.node(id)) }
        _ = fixture.namespace.nodes.doubt(RelativePath(["old"]))
        let isOvertaken = fixture.namespace.nodes.table.withLock { $0.questions.close(question) }
        #expect(isOvertaken)
        let asked = fixture.clock.monotonic - .seconds(1)
        #expect(fixture.namespace.nodes.table.withLock { $0.isDoubted(askedAt: asked) })
        let later = fixture.clock.monotonic + .seconds(1)
        #expect(!fixture.namespace.nodes.table.withLock { $0.isDoubted(askedAt: later) })
        gate.open()
    }
}
