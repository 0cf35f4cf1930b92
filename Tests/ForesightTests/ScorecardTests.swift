import Model
import Testing

@testable import Foresight

@Suite struct PredictionLedgerTests {
    private func add(_ ledger: inout PredictionLedger, _ range: Range<Int64>)
        -> (request: PrefetchRequest, place: Int)
    {
        ledger.add(
            FileNumber(1), range, confidence: 1, reason: .sequential,
            because: Prediction.Because(), at: .zero, due: .zero)
    }

    @Test func whatIsOnItsWayIsNoWaste() {
        var ledger = PredictionLedger()
        let (request, place) = add(&ledger, 0..<6400)
        ledger.issued(request.number, bytes: 6400)
        #expect(ledger[.sequential].inFlight == 6400)
        #expect(ledger[.sequential].accuracy == nil)
        #expect(ledger.outstanding == 6400)
        ledger.used(place, 0..<3200)
        #expect(ledger[.sequential].usedLate == 3200)
        ledger.arrived(request.number)
        ledger.used(place, 3200..<6400)
        #expect(ledger[.sequential].usedInTime == 3200)
        #expect(ledger[.sequential].accuracy == 1)
        #expect(ledger.outstanding == 0)
    }

    @Test func readTwiceIsUsedOnce() {
        var ledger = PredictionLedger()
        let (request, place) = add(&ledger, 0..<6400)
        ledger.issued(request.number, bytes: 6400)
        ledger.arrived(request.number)
        for _ in 0..<3 { ledger.used(place, 0..<3200) }
        #expect(ledger[.sequential].usedInTime == 3200)
    }

    @Test func whatLeavesMemoryUnreadIsWaste() {
        var ledger = PredictionLedger()
        let (request, place) = add(&ledger, 0..<6400)
        ledger.issued(request.number, bytes: 6400)
        ledger.arrived(request.number)
        ledger.used(place, 0..<1600)
        ledger.evicted(place, 0..<6400)
        #expect(ledger[.sequential].unused == 4800)
        #expect(ledger[.sequential].accuracy == 0.25)
    }

    @Test func whatWasThereAlreadyCountsNeitherWay() {
        var ledger = PredictionLedger()
        let (request, _) = add(&ledger, 0..<6400)
        ledger.issued(request.number, bytes: 0)
        #expect(ledger[.sequential].predictions == 0)
        #expect(ledger.outstanding == 0)
    }

    @Test func whatWasCancelledIsNoWaste() {
        var ledger = PredictionLedger()
        let (request, place) = add(&ledger, 0..<6400)
        ledger.issued(request.number, bytes: 6400)
        ledger.cancel(place)
        #expect(ledger[.sequential].unused == 0)
        #expect(ledger.outstanding == 0)
        #expect(ledger[.sequential].inFlight == 0)
    }

    @Test func theSumsAreThoseOfTheLastThousand() {
        var ledger = PredictionLedger()
        for _ in 0..<(PredictionLedger.capacity + 500) {
            let (request, place) = add(&ledger, 0..<64)
            ledger.issued(request.number, bytes: 64)
            ledger.arrived(request.number)
            ledger.used(place, 0..<64)
        }
        #expect(ledger[.sequential].issued == 64 * Int64(PredictionLedger.capacity))
        #expect(ledger[.sequential].usedInTime == ledger[.sequential].issued)
        #expect(ledger.outstanding == 0)
    }

    @Test func aReasonThatIsNearlyAlwaysWrongIsOnlyWatchedUntilItIsRight() {
        var ledger = PredictionLedger()
        for _ in 0..<20 {
            let (request, place) = add(&ledger, 0..<6400)
            ledger.issued(request.number, bytes: 6400)
            ledger.arrived(request.number)
            ledger.evicted(place, 0..<6400)
        }
        #expect(ledger[.sequential].trust == .off)
        for _ in 0..<20 {
            let (_, place) = add(&ledger, 0..<6400)
            guard ledger.isShadow(place) else { break }
            ledger.used(place, 0..<6400)
        }
        #expect(ledger[.sequential].trust == .cappedHard, "it starts small again")
    }

    @Test(arguments: [(0.2, 16), (0.4, 4), (0.9, 1)] as [(Double, Int64)])
    func accuracyCutsWindows(used: Double, divisor: Int64) {
        var ledger = PredictionLedger()
        for _ in 0..<20 {
            let (request, place) = add(&ledger, 0..<6400)
            ledger.issued(request.number, bytes: 6400)
            ledger.arrived(request.number)
            ledger.used(place, 0..<Int64(6400 * used))
            ledger.evicted(place, 0..<6400)
        }
        #expect(ledger[.sequential].windowDivisor == divisor)
    }
}

@Suite struct StrategyControlTests {
    private func run(_ control: inout StrategyControl, _ accuracy: Double, minutes: Range<Int>) {
        for minute in minutes {
            control.look(accuracy: accuracy, traffic: 1, at: .seconds(60 * (minute + 1)))
        }
    }

    @Test func movesAfterTwoMinutesThatAgree() {
        var control = StrategyControl(fixed: nil)
        run(&control, 0.95, minutes: 0..<1)
        #expect(control.current == .balanced)
        run(&control, 0.95, minutes: 1..<2)
        #expect(control.current == .aggressive)
        run(&control, 0.7, minutes: 2..<9)
        #expect(control.current == .aggressive, "neither good nor bad: it stays")
        run(&control, 0.3, minutes: 9..<11)
        #expect(control.current == .balanced)
    }

    @Test func aPinnedOneStays() {
        var control = StrategyControl(fixed: .conservative)
        run(&control, 0.99, minutes: 0..<20)
        #expect(control.current == .conservative)
    }
}

@Suite struct AccessRecorderTests {
    @Test func keepsTheNewestAndCountsWhatWasLost() {
        var recorder = AccessRecorder(capacity: 4)
        for number in 1...10 {
            recorder.append(
                AccessRecord(
                    at: .seconds(number), operation: .read, file: FileNumber(UInt64(number)),
                    reader: Feeder.reader()))
        }
        let (records, lost) = recorder.records(after: 3, max: 100)
        #expect(records.map(\.sequence) == [7, 8, 9, 10])
        #expect(lost == 3)
        #expect(recorder.records(after: 8, max: 1).records.map(\.sequence) == [9])
        #expect(recorder.records(after: 10, max: 5).records.isEmpty)
    }
}
