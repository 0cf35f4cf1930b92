import Model
import Testing

@testable import Foresight

/// What is expected from outside is fetched as every candidate is, if it is sure enough.
@Suite struct ExpectedFileTests {
    private func facts(_ number: UInt64) -> FileFacts {
        FileFacts(
            number: FileNumber(number), folder: FolderNumber(1), name: "\(number).txt",
            size: 10 << 20, chunkSize: 1 << 20, contentType: .userData)
    }

    private func expected(_ number: UInt64, _ probability: Double) -> ExpectedFile {
        ExpectedFile(
            file: facts(number), bytes: 2 << 20, probability: probability, reason: .correlated,
            because: "it mostly follows", window: .seconds(10)...Duration.seconds(60))
    }

    private func foresight(_ strategy: Strategy = .balanced) -> Foresight {
        Foresight(Foresight.Configuration(strategy: strategy))
    }

    /// Final confidence, by hand: probability × 0.8, for nothing is known yet, × 1 (idle) × 1.1 (read in order): 0.8 × 0.88 = 0.704 and 0.79 × 0.88 =
    /// 0.695 on both sides of the 0.7 of `balanced`.
    @Test func theStrategySaysHowSureIsSure() {
        var foresight = foresight()
        let plan = foresight.expect([expected(1, 0.8), expected(2, 0.79)], at: .seconds(1))
        #expect(plan.requests.map(\.file.value) == [1])
        #expect(plan.requests.first?.range == 0..<(2 << 20))
        #expect(plan.requests.first?.due == .seconds(10))
        #expect(plan.requests.first?.reason == .correlated)

        var bold = self.foresight(.aggressive)
        #expect(bold.expect([expected(2, 0.6)], at: .seconds(1)).requests.count == 1)
        var shy = self.foresight(.conservative)
        #expect(shy.expect([expected(1, 1)], at: .seconds(1)).requests.isEmpty, "0.88 < 0.9")
    }

    /// Half of what prefetching may use is free of charge; beyond that confidence falls with it.
    @Test func aBusyMachineIsLeftAlone() {
        var foresight = foresight()
        foresight.setPressure(Pressure(memory: 0.3, processor: 0.1, disk: 0))
        #expect(foresight.expect([expected(1, 0.8)], at: .seconds(1)).requests.count == 1)
        foresight.setPressure(Pressure(memory: 0.4, processor: 0.1, disk: 0))
        #expect(foresight.expect([expected(2, 0.8)], at: .seconds(1)).requests.isEmpty)
        #expect(foresight.restraint == nil, "it is not that busy")
    }

    @Test func noMoreThanTenFollowFromOneEvent() {
        var foresight = foresight()
        let many = (1...30).map { expected(UInt64($0), 1) }
        #expect(foresight.expect(many, at: .seconds(1)).requests.count == 10)
    }

    /// Wrong again and again, it is only watched; right again, it counts again.
    @Test func whatIsMostlyWrongIsWatchedUntilItIsRight() {
        var foresight = foresight()
        var now = Duration.seconds(1)
        var number: UInt64 = 0
        func next(read: Bool) -> Bool {
            number += 1
            let file = ExpectedFile(
                file: facts(number), bytes: 1 << 20, probability: 1, reason: .correlated,
                because: "", window: now...now)
            let plan = foresight.expect([file], at: now)
            if let request = plan.requests.first {
                foresight.issued(request.number, bytes: 1 << 20)
                foresight.arrived(request.number, at: now)
            }
            now += .seconds(1)
            if read {
                _ = foresight.read(
                    ReadEvent(
                        file: FileNumber(number), fileSize: 10 << 20, chunkSize: 1 << 20,
                        range: 0..<(1 << 20),
                        reader: Reader(userID: 0, processID: 1, handle: number),
                        at: now), among: NoNeighbourhood())
            }
            // Nobody comes for it: it is too old after some minutes, which reads of others notice.
            now += .seconds(400)
            for _ in 0..<64 {
                _ = foresight.read(
                    ReadEvent(
                        file: FileNumber(1 << 40), fileSize: 1 << 30, chunkSize: 1 << 20,
                        range: 0..<4096, reader: Reader(userID: 0, processID: 2, handle: 1 << 40),
                        at: now), among: NoNeighbourhood())
            }
            return !plan.requests.isEmpty
        }
        var issued = 0
        for _ in 0..<30 where next(read: false) { issued += 1 }
        #expect((8...20).contains(issued), "\(issued)")
        var isBack = false
        for _ in 0..<120 where !isBack { isBack = next(read: true) }
        #expect(isBack)
    }
}
