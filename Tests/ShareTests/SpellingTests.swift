import Model
import Platform
import TestSupport
import Testing

@testable import Share

/// What a folder says of names that differ in case alone.
@Suite struct SpellingTests {
    private final class Fixture {
        let directory: TemporaryDirectory
        let scheduler: ShareScheduler
        let share: Share

        init() throws {
            directory = try TemporaryDirectory()
            let clock = ManualClock()
            scheduler = ShareScheduler(
                lanes: 1, deadline: .seconds(30), clock: clock, log: Log(write: { _ in }))
            share = try Share(path: directory.path, scheduler: scheduler, clock: clock)
        }

        deinit { scheduler.stop() }

        func link(_ name: String, as other: String) throws {
            let file = try FileCalls.open("\(directory.path)/\(name)", .pathOnly)
            try FileCalls.link(
                file.rawValue, at: FileCalls.workingDirectory, Name("\(directory.path)/\(other)"))
        }

        func ask(
            _ asked: Name, _ known: Name, _ untried: Name? = "nAME", of named: Name? = nil
        ) throws -> SpellingAnswer {
            func location(_ name: Name) -> ShareLocation { ShareLocation(RelativePath([name])) }
            let answer = ConditionMutex<Result<SpellingAnswer, Errno>?>(nil)
            share.tellApart(
                SpellingQuestion(
                    asked: location(asked), known: location(known),
                    untried: untried.map(location), untriedOf: location(named ?? known))
            ) { result in
                answer.withLock { answer, condition in
                    answer = result
                    condition.broadcast()
                }
            }
            return try answer.wait { answer, _ in answer }.get()
        }

        func isOne(_ answer: SpellingAnswer) -> Bool {
            if case .one = answer { return true }
            return false
        }

        func isTwo(_ answer: SpellingAnswer) -> Bool {
            if case .two(.some) = answer { return true }
            return false
        }

        func isOpen(_ answer: SpellingAnswer) -> Bool {
            if case .unknown(.some) = answer { return true }
            return false
        }
    }

    /// The file system of the tests heeds case: links stand for what one that does not would show.
    @Test func aShareIsAskedWhetherTwoNamesAreOne() throws {
        let fixture = try Fixture()
        _ = try fixture.directory.file("name", "1")
        #expect(try fixture.ask("NAME", "name") == .two(nil))
        #expect(try fixture.ask("NAME", "gone") == .unknown(nil), "it says nothing of the case")
        try fixture.link("name", as: "NAME")
        #expect(
            try fixture.isTwo(fixture.ask("NAME", "name")), "one file, as after a rename elsewhere")
        #expect(try fixture.isOpen(fixture.ask("NAME", "name", nil)), "no spelling is left")
        try fixture.link("name", as: "nAME")
        #expect(try fixture.isOne(fixture.ask("NAME", "name")))
        #expect(try fixture.isOpen(fixture.ask("NAME", "gone", of: "name")))
    }

    @Test func aSpellingOfAnotherNameWillDo() throws {
        let fixture = try Fixture()
        _ = try fixture.directory.file("a", "1")
        try fixture.link("a", as: "A")
        _ = try fixture.directory.file("name", "2")
        #expect(try fixture.isTwo(fixture.ask("A", "a", of: "name")))
        try fixture.link("name", as: "nAME")
        #expect(try fixture.isOne(fixture.ask("A", "a", of: "name")))
        // It is not that name's, whoever made it.
        _ = try fixture.directory.file("Name", "33")
        #expect(try fixture.isOpen(fixture.ask("A", "a", "Name", of: "name")))
    }

    @Test func theCaseOfOtherLettersMayCountWhileThatOfTheseDoesNot() throws {
        let fixture = try Fixture()
        _ = try fixture.directory.file("Äb", "1")
        _ = try fixture.directory.file("äb", "22")
        try fixture.link("äb", as: "äB")
        #expect(try fixture.isTwo(fixture.ask("äb", "Äb", "äB")))
    }
}
