import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Share

@Suite struct ShareSchedulerTests: SchedulerTests {
    @Test func runsJobsAndCarriesErrors() {
        let scheduler = make(lanes: 2)
        let answers = Answers<Result<Int, Errno>>()
        scheduler.submit(.demand) { () throws(Errno) -> Int in
            7
        } completion: {
            answers.add($0)
        }
        scheduler.submit(.demand) { () throws(Errno) -> Int in
            throw .accessDenied
        } completion: {
            answers.add($0)
        }
        let found = answers.wait(for: 2)
        #expect(found.contains(.success(7)))
        #expect(found.contains(.failure(.accessDenied)))
        scheduler.stop()
    }

    /// However many wait: whoever was refused would have to tell his caller something that the share did not say.
    @Test func thousandsWaitForAShareThatHangs() {
        let scheduler = make(lanes: 2)
        let gate = Gate()
        let answers = Answers<Result<Int, Errno>>()
        submitHanging(6000, to: scheduler, at: gate, answers)
        #expect(scheduler.statistics.waiting >= 5998 && scheduler.statistics.refused == 0)
        gate.open()
        #expect(answers.wait(for: 6000).allSatisfy { $0 == .success(1) })
        scheduler.stop()
    }

    /// Upkeep and reading ahead are told that there is no room; callers, at the last bound, what they are told by a share that
    /// is away.
    @Test func eachQueueHasItsBound() {
        let scheduler = make(lanes: 2)
        let gate = Gate()
        let answers = Answers<Result<Int, Errno>>()
        submitHanging(2, to: scheduler, at: gate, answers)
        gate.waitFor(2)
        func refusals(_ urgency: ShareScheduler.Urgency, _ bound: Int) -> [Errno] {
            let refused = Mutexed<[Errno]>([])
            for _ in 0..<bound + 3 {
                scheduler.submit(urgency) { () throws(Errno) -> Int in
                    1
                } completion: { result in
                    if case .failure(let errno) = result { refused.withLock { $0.append(errno) } }
                }
            }
            return refused.withLock { $0 }
        }
        #expect(refusals(.background, scheduler.queueMax) == [.again, .again, .again])
        #expect(refusals(.prefetch, scheduler.queueMax) == [.again, .again, .again])
        let demand = refusals(.demand, scheduler.demandQueueMax)
        #expect(demand == [.timedOut, .timedOut, .timedOut])
        gate.open()
        scheduler.stop()
    }

    /// Lanes come and go under load; every job is done once.
    @Test func lanesCanChangeWhileJobsRun() {
        let scheduler = make(lanes: 2)
        let gate = Gate()
        let answers = Answers<Int>()
        func submit(_ number: Int) {
            scheduler.submit(.demand) { () throws(Errno) -> Void in
                gate.pass()
            } completion: { _ in
                answers.add(number)
            }
        }
        for number in 0..<12 { submit(number) }
        gate.waitFor(2)
        #expect(scheduler.statistics.running == 2)
        scheduler.configure(lanes: 6, deadline: .seconds(30))
        gate.waitFor(6)
        #expect(scheduler.statistics.running == 6)
        #expect(scheduler.lanes == 6)
        // Those that run are not stopped; when they are done, three are left.
        scheduler.configure(lanes: 3, deadline: .seconds(30))
        gate.open()
        #expect(Set(answers.wait(for: 12)) == Set(0..<12))

        let narrow = Gate()
        let most = Answers<Int>()
        for number in 0..<9 {
            scheduler.submit(.demand) { () throws(Errno) -> Void in
                narrow.pass()
            } completion: { _ in
                most.add(number)
            }
        }
        narrow.waitFor(3)
        #expect(scheduler.statistics.running == 3)
        #expect(scheduler.statistics.waiting == 6)
        narrow.open()
        #expect(most.wait(for: 9).count == 9)
        scheduler.stop()
    }

    /// A longer deadline is for those who come after it.
    @Test func theDeadlineCanChange() {
        let clock = ManualClock()
        let scheduler = make(lanes: 4, clock: clock)
        let gate = Gate()
        let answers = Answers<String>()
        func submit(_ name: String) {
            scheduler.submit(.demand) { () throws(Errno) -> Void in
                gate.pass()
            } completion: { result in
                if case .failure(.timedOut) = result { answers.add(name) }
            }
        }
        submit("before")
        gate.waitFor(1)
        scheduler.configure(lanes: 4, deadline: .seconds(300))
        submit("after")
        gate.waitFor(2)
        clock.advance(by: .seconds(40))
        #expect(answers.wait(for: 1) == ["before"])
        clock.advance(by: .seconds(300))
        #expect(answers.wait(for: 2) == ["before", "after"])
        gate.open()
        scheduler.stop()
    }

    /// Who seeks asks for little, and must not wait behind the megabytes of others.
    @Test func largeReadsLeaveTheLinkToSmallOnes() {
        let scheduler = make(lanes: 8)
        scheduler.setBytesAhead(max: 1 << 20)
        let gate = Gate()
        let answers = Answers<String>()
        func submit(_ name: String, _ urgency: ShareScheduler.Urgency, bytes: Int) {
            scheduler.submit(urgency, bytes: bytes) { () throws(Errno) -> Void in
                if name == "large" { gate.pass() }
            } completion: { _ in
                answers.add(name)
            }
        }
        for _ in 0..<4 { submit("large", .demand, bytes: 512 << 10) }
        gate.waitFor(2)
        // Two of them fill the link; lanes are free for the small one.
        submit("small", .demand, bytes: 64 << 10)
        #expect(answers.wait(for: 1) == ["small"])
        #expect(scheduler.statistics.running == 2)
        gate.open()
        #expect(answers.wait(for: 5).count(where: { $0 == "large" }) == 4)
        scheduler.stop()
    }

    /// What is read ahead for others is smaller, and would take each gap before there is room for the large read.
    @Test func aLargeReadThatSomebodyWaitsForIsNotOvertakenBySmallerOnesReadAhead() {
        let scheduler = make(lanes: 8)
        scheduler.setBytesAhead(max: 1 << 20)
        let gates = [Gate(), Gate()]
        let started = Answers<String>()
        let ended = Answers<String>()
        func submit(
            _ name: String, _ urgency: ShareScheduler.Urgency, bytes: Int, gate: Gate? = nil
        ) {
            scheduler.submit(urgency, bytes: bytes) { () throws(Errno) -> Void in
                started.add(name)
                gate?.pass()
            } completion: { _ in
                ended.add(name)
            }
        }
        for gate in gates {
            submit("under way", .prefetch, bytes: 512 << 10, gate: gate)
            gate.waitFor(1)
        }
        submit("waited for", .demand, bytes: 896 << 10)
        for _ in 0..<4 { submit("ahead", .prefetch, bytes: 512 << 10) }
        gates[0].open()
        #expect(ended.wait(for: 1) == ["under way"])
        // Lanes have looked at the queues since.
        for count in 2...5 {
            submit("small", .demand, bytes: 4096)
            _ = ended.wait(for: count)
        }
        #expect(!started.wait(for: 6).contains("ahead"))
        gates[1].open()
        let order = started.wait(for: 11)
        #expect(order.firstIndex(of: "waited for") ?? .max < order.firstIndex(of: "ahead") ?? 0)
        scheduler.stop()
    }

    @Test func whatIsDueSoonerIsFetchedSooner() {
        let scheduler = make(lanes: 2)
        let gate = Gate()
        let answers = Answers<Int>()
        // Of two lanes one is demand's: this holds the other.
        scheduler.submit(.prefetch) { () throws(Errno) -> Void in
            gate.pass()
        } completion: { _ in
        }
        gate.waitFor(1)
        for seconds in [5, 1, 4, 2, 3] {
            // In the work: the next one starts when it is done, and may be as quick to complete.
            scheduler.submit(.prefetch, due: .seconds(seconds)) { () throws(Errno) -> Void in
                answers.add(seconds)
            } completion: { _ in
            }
        }
        gate.open()
        #expect(answers.wait(for: 5) == [1, 2, 3, 4, 5])
        scheduler.stop()
    }

    @Test func aLaneStaysFreeForDemandHoweverMuchIsPrefetched() {
        let scheduler = make(lanes: 4)
        let gate = Gate()
        let answers = Answers<String>()
        for _ in 0..<50 {
            scheduler.submit(.prefetch) { () throws(Errno) -> Void in
                gate.pass()
            } completion: { _ in
                answers.add("prefetch")
            }
        }
        gate.waitFor(3)
        #expect(scheduler.statistics.running == 3, "prefetch took the lane that demand needs")
        scheduler.submit(.demand) { () throws(Errno) -> Void in
        } completion: { _ in
            answers.add("demand")
        }
        #expect(answers.wait(for: 1) == ["demand"])
        gate.open()
        _ = answers.wait(for: 51)
        scheduler.stop()
    }

    @Test func aPromotedPrefetchGoesBeforeTheOthers() {
        let scheduler = make(lanes: 2)
        let (gate, demandGate) = (Gate(), Gate())
        let order = Answers<Int>()
        // One prefetch holds the only lane that prefetch may use; a demand job holds the other to the end.
        for (urgency, gate) in [(.prefetch, gate), (.demand, demandGate)]
            as [(ShareScheduler.Urgency, Gate)]
        {
            scheduler.submit(urgency) { () throws(Errno) -> Void in
                gate.pass()
            } completion: { _ in
            }
            gate.waitFor(1)
        }
        var tickets: [ShareScheduler.Ticket] = []
        for number in 0..<10 {
            let ticket = scheduler.submit(.prefetch) { () throws(Errno) -> Void in
                order.add(number)
            } completion: { _ in
            }
            if let ticket { tickets.append(ticket) }
        }
        scheduler.promote(tickets[7])
        gate.open()
        #expect(order.wait(for: 10).first == 7)
        demandGate.open()
        scheduler.stop()
    }

    @Test func aCancelledJobIsNotRun() {
        let scheduler = make(lanes: 2)
        let gate = Gate()
        let answers = Answers<Result<Void, Errno>>()
        scheduler.submit(.prefetch) { () throws(Errno) -> Void in
            gate.pass()
        } completion: { _ in
        }
        gate.waitFor(1)
        let ticket = scheduler.submit(.prefetch) { () throws(Errno) -> Void in
            Issue.record("ran although cancelled")
        } completion: {
            answers.add($0)
        }
        if let ticket { scheduler.cancel(ticket) }
        if case .failure(.canceled) = answers.wait(for: 1)[0] {} else { Issue.record("not told") }
        gate.open()
        scheduler.stop()
    }

    @Test func aHangingShareCostsOneDeadlineAndIsNoticedWhenItReturns() {
        let clock = ManualClock()
        let scheduler = make(lanes: 2, clock: clock)
        let gate = Gate()
        let answers = Answers<Result<Int, Errno>>()
        submitHanging(6, to: scheduler, at: gate, answers)
        gate.waitFor(2)
        clock.advance(by: .seconds(31))
        // Those that run and those that wait are told alike.
        #expect(answers.wait(for: 6).allSatisfy { $0 == .failure(.timedOut) })
        #expect(!scheduler.isReachable)
        // The breaker is open: nobody else pays.
        let refused = Answers<Result<Int, Errno>>()
        let ticket = scheduler.submit(.demand) { () throws(Errno) -> Int in
            2
        } completion: {
            refused.add($0)
        }
        #expect(ticket == nil)
        #expect(refused.wait(for: 1) == [.failure(.timedOut)])
        // A probe runs although both lanes hang: spare threads stand in.
        clock.advance(by: .seconds(2))
        #expect(scheduler.takeProbe())
        #expect(!scheduler.takeProbe(), "one probe per interval")
        let probe = Answers<Result<Int, Errno>>()
        scheduler.submit(.demand, isProbe: true) { () throws(Errno) -> Int in
            3
        } completion: {
            probe.add($0)
        }
        #expect(probe.wait(for: 1) == [.success(3)])
        #expect(scheduler.isReachable)
        gate.open()
        scheduler.stop()
    }

    /// A soft NFS mount fails what it waited for long enough.
    @Test(arguments: [Errno.ioError, .timedOut, .hostDown])
    func whatTheSharesClientMakesUpIsNoAnswer(error: Errno) {
        let clock = ManualClock()
        let scheduler = make(lanes: 2, clock: clock)
        let gate = Gate()
        let answers = Answers<Result<Int, Errno>>()
        for _ in 0..<2 {
            scheduler.submit(.demand) { () throws(Errno) -> Int in
                gate.pass()
                throw error
            } completion: {
                answers.add($0)
            }
        }
        gate.waitFor(2)
        clock.advance(by: .seconds(31))
        #expect(answers.wait(for: 2) == [.failure(.timedOut), .failure(.timedOut)])
        clock.advance(by: .seconds(64))
        gate.open()
        #expect(Eventually.holds { scheduler.statistics.abandoned == 0 })
        #expect(!scheduler.isReachable)
        func probe(_ result: Result<Int, Errno>) {
            let probed = Answers<Result<Int, Errno>>()
            scheduler.submit(.demand, isProbe: true) { () throws(Errno) -> Int in
                try result.get()
            } completion: {
                probed.add($0)
            }
            #expect(probed.wait(for: 1) == [result])
        }
        probe(.failure(error))
        #expect(!scheduler.isReachable)
        // Another error is the server's.
        probe(.failure(.accessDenied))
        #expect(scheduler.isReachable)
        scheduler.stop()
    }

    /// Nothing hangs, and each operation is told at once.
    @Test(arguments: [Errno.hostDown, .notConnected, .stale])
    func aServerThatItsClientCannotReachIsAwayOnceTheProbeSaysSo(error: Errno) {
        let clock = ManualClock()
        clock.advance(by: .seconds(100))
        let scheduler = make(lanes: 4, clock: clock)
        func submit(_ result: Result<Int, Errno>, isProbe: Bool = false) {
            let answers = Answers<Result<Int, Errno>>()
            scheduler.submit(.demand, isProbe: isProbe) { () throws(Errno) -> Int in
                clock.advance(by: .milliseconds(1))
                return try result.get()
            } completion: {
                answers.add($0)
            }
            #expect(answers.wait(for: 1) == [result], "never an error but its own")
        }
        #expect(!scheduler.takeProbe(), "nothing is in doubt")
        submit(.failure(.ioError))
        #expect(scheduler.takeProbe())
        submit(.success(1), isProbe: true)
        #expect(scheduler.statistics.outOfReach == nil, "one file that cannot be read")
        clock.advance(by: .seconds(1))
        #expect(!scheduler.takeProbe())

        submit(.failure(error))
        #expect(scheduler.statistics.outOfReach == nil, "it may be that alone")
        #expect(scheduler.takeProbe())
        submit(.failure(error), isProbe: true)
        #expect(scheduler.isReachable, "who comes is told the share's own error")
        #expect(scheduler.statistics.outOfReach?.error == error)
        // Files are closed, and what its client remembers is given, whatever the server does.
        submit(.success(1))
        #expect(scheduler.statistics.outOfReach?.error == error)
        // Nobody need come for its return to be noticed.
        clock.advance(by: .seconds(1))
        #expect(scheduler.takeProbe())
        submit(.failure(.again), isProbe: true)
        #expect(scheduler.statistics.outOfReach?.error == error, "nothing could be asked")
        submit(.failure(.accessDenied), isProbe: true)
        #expect(scheduler.statistics.outOfReach == nil, "that is the server's own")
        clock.advance(by: .seconds(1))
        #expect(!scheduler.takeProbe())
        scheduler.stop()
    }

    /// Attributes and pages that the share's client has come back at once, whatever its server does.
    @Test(arguments: [false, true]) func whatTheSharesClientRemembersIsNoAnswer(isAlive: Bool) {
        let clock = ManualClock()
        let scheduler = make(lanes: 4, clock: clock)
        let gate = Gate()
        let hanging = Answers<Result<Int, Errno>>()
        let remembered = Answers<Result<Int, Errno>>()
        submitHanging(1, to: scheduler, at: gate, hanging)
        gate.waitFor(1)
        for second in 1...31 {
            clock.advance(by: .seconds(1))
            // Something takes long: the share is asked.
            #expect(scheduler.takeProbe())
            if isAlive {
                scheduler.submit(.demand, isProbe: true) {
                    1
                } completion: {
                    remembered.add($0)
                }
            } else {
                scheduler.submit(.demand) {
                    1
                } completion: {
                    remembered.add($0)
                }
            }
            #expect(remembered.wait(for: second).count == second)
        }
        #expect(hanging.wait(for: 1) == [.failure(.timedOut)])
        #expect(scheduler.isReachable == isAlive)
        gate.open()
        scheduler.stop()
    }

    @Test func stoppingFailsWhatWaits() {
        let scheduler = make(lanes: 2)
        let gate = Gate()
        let answers = Answers<Result<Void, Errno>>()
        for _ in 0..<5 {
            scheduler.submit(.prefetch) { () throws(Errno) -> Void in
                gate.pass()
            } completion: {
                answers.add($0)
            }
        }
        gate.waitFor(1)
        scheduler.stop()
        #expect(answers.wait(for: 4).count == 4)
        gate.open()
        #expect(answers.wait(for: 5).count == 5)
    }
}
