import Model
import Platform
import Share
import TestSupport
import Testing
import Tiers

@testable import View

/// What is known without asking the share.
@Suite struct KnownNamesTests {
    private let fixture: NamespaceFixture

    init() throws {
        fixture = try NamespaceFixture()
        _ = try fixture.directory.directory("share")
    }

    private func list(_ path: RelativePath) throws -> [String] { try fixture.list(path) }

    private func file(_ name: String) throws { try fixture.makeFile(name) }

    @Test func namesAreToldWithoutAskingTheShare() throws {
        for number in 0..<25 { try file("\(number)") }
        let names = fixture.namespace
        #expect(names.knownNames(in: RelativePath(), after: nil, atMost: 10).knowledge == .partial)
        _ = try list(RelativePath())
        try file("not asked for")
        let gate = fixture.hang()
        defer { gate.open() }
        var found: [String] = []
        var after: Name?
        repeat {
            let page = names.knownNames(in: RelativePath(), after: after, atMost: 10)
            #expect(page.knowledge == .complete && page.entries.count <= 10)
            found += page.entries.map(\.name.description)
            #expect(page.entries.allSatisfy { $0.name == "share" || $0.attributes?.size == 3 })
            after = page.isMore ? page.entries.last?.name : nil
        } while after != nil
        #expect(found == (0..<25).map { "\($0)" }.sorted() + ["share"])
        let one = names.knownNames(in: RelativePath(["7"]), after: nil, atMost: 10)
        #expect(one.knowledge == .other && one.entries.map(\.name) == ["7"])
        let none = names.knownNames(in: RelativePath(["no"]), after: nil, atMost: 10)
        #expect(none.knowledge == .nothing)
    }

    @Test func theFirstNamesAreFoundInAnyOrder() {
        var random = SplitMix(seed: 5)
        let names = (0..<1000).map { _ in Name("\(random.next() % 10_000_000)") }
        let sorted = Set(names.map(\.description)).sorted()
        for limit in [1, 7, 400, 5000] {
            let (found, isMore) = Namespace.first(
                limit, of: Array(Set(names)), after: Name(sorted[99]))
            #expect(found.map(\.description) == Array(sorted.dropFirst(100).prefix(limit)))
            #expect(isMore == (limit < sorted.count - 100))
        }
    }
}
