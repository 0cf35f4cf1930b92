import Model
import Testing

@testable import Habits

/// What may be opened: more than the rules expect, and with what is known of it.
@Suite struct HabitEvidenceTests {
    private static let letter: UInt64 = 7
    private static let desk: UInt64 = 70

    /// A letter at nine on two days, and the series of the show on five evenings.
    private static func model() -> HabitModel {
        var model = HabitModel(clock: HabitWorld.clock)
        for day in [0, 2] {
            let at = HabitWorld.second(day, 9)
            model.note(HabitModelTests.open(letter, desk, .userData, at: at))
        }
        HabitModelTests.evenings(0..<5, &model)
        return model
    }

    /// The rules need five occasions, this two.
    @Test func whatWasOpenedTwiceMayBeOpenedAgain() throws {
        let now = HabitWorld.second(7, 8)
        let model = Self.model()
        #expect(model.expected(from: now, until: now + 7200, NoFolderOrder()).isEmpty)
        let (found, local) = model.possible(from: now, until: now + 7200, NoFolderOrder())
        #expect(local == HabitWorld.time(7, 8))
        let evidence = try #require(found.first)
        #expect(found.count == 1)
        #expect(evidence.candidate.file == Self.letter)
        #expect(evidence.candidate.probability == 0)
        #expect(evidence.candidate.window == now...now + 7200)
        #expect(evidence.occasions == [HabitWorld.time(0, 9), HabitWorld.time(2, 9)])
        #expect(evidence.opens == 2)
        #expect(evidence.last == HabitWorld.second(2, 9))
        #expect(evidence.seriesShare == nil)
        #expect(evidence.folderOccasions == evidence.occasions)
    }

    /// From half an hour before the span to half an hour after it.
    @Test(
        arguments: [
            (6, 29, false), (6, 30, true), (8, 0, true), (9, 30, true), (9, 31, false),
            (20, 0, false),
        ])
    func onlyAtItsTimeOfDay(_ hour: Int, _ minute: Int, _ isFound: Bool) {
        let now = HabitWorld.second(7, hour, minute)
        let found = Self.model().possible(from: now, until: now + 7200, NoFolderOrder()).evidence
        #expect(found.contains { $0.candidate.file == Self.letter } == isFound)
    }

    /// Nobody has ever opened the sixth episode: what is known is its folder's.
    @Test func theNextOfAFolderHasTheFoldersOccasions() throws {
        let now = HabitWorld.second(7, 19, 30)
        let order = HabitModelTests.order()
        let model = Self.model()
        let found = model.possible(from: now, until: now + 7200, order).evidence
        let next = try #require(
            found.first { $0.candidate.file == HabitModelTests.show + 6 })
        let rules = try #require(model.expected(from: now, until: now + 7200, order).first)
        #expect(next.candidate == rules)
        #expect(next.occasions.count == 5)
        #expect(next.last == HabitWorld.second(4, 20, 28))
        // Four steps of five opens, and half a one that is not known.
        #expect(abs(try #require(next.seriesShare) - 0.9) < 1e-9)
        #expect(next.type == .media && next.size == HabitModelTests.gibibyte)
    }
}
