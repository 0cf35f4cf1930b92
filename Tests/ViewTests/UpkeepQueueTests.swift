import Testing

@testable import View

/// When the share is asked behind the backs of people who look.
@Suite struct UpkeepQueueTests {
    private func look(_ number: Int) -> Upkeep {
        .revalidate(NodeID(raw: UInt64(number)))
    }

    @Test func aWalkIsNotDisturbedByTheLookBeforeIt() {
        var gathering = UpkeepQueue.Gathering()
        let isFirst = gathering.add(look(1), at: .zero)
        #expect(isFirst)
        // The walk begins 200 ms later, and looks at something every 20 ms.
        for step in 0..<10 {
            let now = Duration.milliseconds(200 + 20 * step)
            let taken = gathering.take(at: now)
            #expect(taken == nil)
            _ = gathering.add(look(2 + step), at: now)
        }
        let early = gathering.take(at: .milliseconds(629))
        #expect(early == nil)
        let all = gathering.take(at: .milliseconds(630))
        #expect(all?.count == 11)
        #expect(gathering.due == nil)
    }

    @Test func whoNeverPausesWaitsForASecond() {
        var gathering = UpkeepQueue.Gathering()
        for step in 0..<100 { _ = gathering.add(look(step), at: .milliseconds(10 * step)) }
        #expect(gathering.due == .seconds(1))
        let all = gathering.take(at: .seconds(1))
        #expect(all?.count == 100)
    }

    @Test func theSameLookAgainIsNothingNew() {
        var gathering = UpkeepQueue.Gathering()
        _ = gathering.add(look(1), at: .zero)
        _ = gathering.add(look(1), at: .milliseconds(200))
        let all = gathering.take(at: .milliseconds(250))
        #expect(all == [look(1)])
    }

    @Test func whatDoesNotFitIsLeftToALaterLook() {
        var gathering = UpkeepQueue.Gathering()
        let max = UpkeepQueue.Gathering.waitingMax
        for number in 0...max { _ = gathering.add(look(number), at: .zero) }
        #expect(gathering.waiting.count == max)
    }
}
