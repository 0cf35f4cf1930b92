import Model
import Testing

@testable import Habits

/// Whoever goes through folders in order is expected to do so in the next one, too.
@Suite struct ReaderHabitTests {
    private static let player: UInt64 = 1
    private static let desk: UInt64 = 2

    private static func file(_ show: UInt64, _ episode: Int) -> UInt64 {
        show * 100 + UInt64(episode)
    }

    /// Shows 1 to 9 of eight episodes each, named by their numbers.
    private static func order() -> NamedOrder {
        var order = NamedOrder()
        for show in UInt64(1)...9 {
            order.set(
                (1...8).map {
                    HabitFile(
                        file: file(show, $0), name: "Show \(show) S01E0\($0).mkv",
                        size: 1 << 30, type: .media)
                }, of: show)
        }
        return order
    }

    private static func open(
        _ show: UInt64, _ episode: Int, by session: UInt64, day: Int
    ) -> HabitOpen {
        HabitOpen(
            file: file(show, episode), folder: show, type: .media, size: 1 << 30,
            at: Timestamp(seconds: HabitWorld.second(day, 20, 30)), session: session)
    }

    private static func note(_ open: HabitOpen, in model: inout HabitModel, _ order: NamedOrder) {
        let next = model.latest(in: open.folder).flatMap { order.next(after: $0, in: open.folder) }
        model.note(open, goesOn: next.map { $0.file == open.file })
    }

    /// Four steps, in order or back and forth, then one episode of a show that is new.
    private func related(stepsInOrder: Bool) -> [HabitCandidate] {
        var model = HabitModel(clock: HabitWorld.clock)
        let order = Self.order()
        let episodes = stepsInOrder ? [1, 2, 3, 4, 5] : [1, 5, 2, 7, 3]
        for (day, episode) in episodes.enumerated() {
            Self.note(Self.open(1, episode, by: Self.player, day: day), in: &model, order)
        }
        Self.note(Self.open(2, 3, by: Self.player, day: 6), in: &model, order)
        let at = Timestamp(seconds: HabitWorld.second(6, 20, 30))
        return model.related(to: Self.file(2, 3), at: at, order)
    }

    /// 0.4 × 1 + 0.3 × 1 + 0.3 × 1: its reader has always gone on, it is the folder's hour, and it is the next.
    @Test func aNewFolderIsGoneThroughAsTheOthersWere() throws {
        let candidate = try #require(related(stepsInOrder: true).first)
        #expect(candidate.file == Self.file(2, 4))
        #expect(abs(candidate.probability - 1) < 1e-9)
        // 0.4 × 0 + 0.3 + 0.3: not worth fetching.
        let other = try #require(related(stepsInOrder: false).first)
        #expect(other.probability < RelatedProbability.threshold)
    }

    @Test func aReaderOfWhomLittleIsKnownSaysNothing() throws {
        var model = HabitModel(clock: HabitWorld.clock)
        let order = Self.order()
        // Three steps of the player, of which none is the desk's.
        for day in 0..<4 {
            Self.note(Self.open(1, day + 1, by: Self.player, day: day), in: &model, order)
        }
        Self.note(Self.open(2, 1, by: Self.desk, day: 5), in: &model, order)
        let at = Timestamp(seconds: HabitWorld.second(5, 20, 30))
        let found = model.related(to: Self.file(2, 1), at: at, order)
        #expect(found.allSatisfy { $0.probability < RelatedProbability.threshold })
    }

    /// Four hits, then misses: after three of these 4/7, after all eight that are looked at nearly nothing.
    @Test func theLatestStepsCount() {
        var reader = ReaderHabit()
        for _ in 0..<3 { reader.note(isNext: true) }
        #expect(reader.orderShare == nil)
        reader.note(isNext: true)
        #expect(reader.orderShare == 1)
        for _ in 0..<3 { reader.note(isNext: false) }
        #expect(abs((reader.orderShare ?? 0) - 4.0 / 7) < 1e-6)
        for _ in 0..<30 { reader.note(isNext: false) }
        #expect((reader.orderShare ?? 1) < 0.05)
    }

    /// After the last episode of a season comes the first of the next, whatever they are called.
    @Test func seasonsFollowEachOther() {
        var order = NamedOrder()
        let season = { (number: UInt64, names: [String]) in
            names.enumerated().map { index, name in
                HabitFile(
                    file: number * 100 + UInt64(index) + 1, name: name, size: 1, type: .media)
            }
        }
        order.set(season(10, ["01.mkv", "02.mkv"]), of: 7, part: "Season 10")
        order.set(season(2, ["01.mkv", "01.srt", "02.mkv", "04.mkv"]), of: 7, part: "Season 2")
        order.set(season(3, ["00.srt", "01.mkv", "05.mkv"]), of: 7, part: "Season 3")
        #expect(order.next(after: 201, in: 7)?.file == 203)
        // Number 3 is not there; the next season is not meant.
        #expect(order.next(after: 203, in: 7)?.file == 204)
        #expect(order.next(after: 204, in: 7)?.file == 302)
        #expect(order.next(after: 303, in: 7)?.file == 1001)
        #expect(order.next(after: 1002, in: 7) == nil)
        #expect(order.next(after: 201, in: 8) == nil)
        order.set([], of: 7, part: "Season 3")
        #expect(order.next(after: 204, in: 7)?.file == 1001)
        #expect(order.next(after: 303, in: 7) == nil)
    }
}
