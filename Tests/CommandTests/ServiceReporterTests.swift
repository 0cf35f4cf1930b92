import Model
import Platform
import TestSupport
import Testing

@testable import larder

@Suite struct WatchdogTests {
    @Test func aRoundVouchesForTheOneBefore() {
        var watchdog = Watchdog(interval: .seconds(30))
        #expect(watchdog.period == .seconds(10))
        #expect(watchdog.isDue(at: .seconds(100)))
        func round(_ second: Int, _ lastAnswers: [Duration?]) -> Bool {
            watchdog.beginRound(at: .seconds(second), lastAnswers: lastAnswers)
        }
        #expect(round(100, [nil, nil]), "the start itself")
        #expect(!watchdog.isDue(at: .seconds(109)))
        #expect(watchdog.isDue(at: .seconds(110)))
        #expect(round(110, [.seconds(101), .milliseconds(100_001)]))
        #expect(
            !round(120, [.seconds(111), .seconds(109)]),
            "the second has not answered since the round began")
        #expect(!round(130, [.seconds(121), nil]))
        #expect(round(140, [.seconds(131), .seconds(139)]), "it answers again")
    }
}

@Suite struct ServiceReporterTests {
    private let told = Mutexed<[String]>([])
    private let state = Mutexed("ok")

    private func reporter(watchdog: Duration?, _ signs: [LifeSign]) -> ServiceReporter {
        let manager = ServiceManager(watchdogInterval: watchdog) { [told] text in
            told.withLock { $0.append(text) }
        }
        return ServiceReporter(
            manager, state: { [state] in state.withLock { $0 } }, lifeSigns: signs)
    }

    private var pings: Int { told.withLock { $0.count { $0 == "WATCHDOG=1" } } }

    @Test func readyComesWithTheFirstAnswerAndNotBefore() {
        let answers = Mutexed(false)
        let asked = Mutexed(0)
        let view = LifeSign("view") {
            asked.withLock { $0 += 1 }
            return answers.withLock { $0 }
        }
        let reporter = reporter(watchdog: nil, [view])
        reporter.start()
        #expect(Eventually.holds { asked.withLock { $0 } >= 2 })
        #expect(told.withLock { $0 } == [])
        answers.withLock { $0 = true }
        #expect(Eventually.holds { told.withLock { $0 } == ["READY=1\nSTATUS=ok"] })
        state.withLock { $0 = "share unreachable" }
        #expect(Eventually.holds { told.withLock { $0.last } == "STATUS=share unreachable" })
        #expect(told.withLock { $0.count } == 2, "a state is told when it changes")
        reporter.reload { told.withLock { $0.append("reloading") } }
        #expect(told.withLock { $0[2].hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
        #expect(told.withLock { $0[3...4] } == ["reloading", "READY=1"])
        reporter.stop()
        reporter.stop()
        #expect(told.withLock { $0.last } == "STOPPING=1\nSTATUS=ending")
        #expect(told.withLock { $0.count } == 6, "the end is told once")
        #expect(pings == 0, "nobody watches")
    }

    @Test func proofsOfLifeEndWhenAPartIsStuckAndGoOnWhenItIsBack() {
        let gate = ConditionMutex(true)
        let questions = Mutexed(0)
        let control = LifeSign("control") {
            questions.withLock { $0 += 1 }
            gate.wait { open, _ in open ? () : nil }
            return true
        }
        let reporter = reporter(
            watchdog: .milliseconds(150), [LifeSign("view") { true }, control])
        reporter.start()
        #expect(Eventually.holds { pings >= 3 })
        gate.withLock { open, _ in open = false }
        // The question that hangs is the last one: no thread is spent on another.
        var last = -1
        #expect(
            Eventually.holds {
                defer { last = questions.withLock { $0 } }
                Pause.wait(.milliseconds(200))
                return questions.withLock { $0 } == last
            })
        let before = pings
        state.withLock { $0 = "looked at" }
        // The reporter itself goes on, so silence is not its own.
        #expect(Eventually.holds { told.withLock { $0.last } == "STATUS=looked at" })
        state.withLock { $0 = "looked at again" }
        #expect(Eventually.holds { told.withLock { $0.last } == "STATUS=looked at again" })
        #expect(pings == before)
        gate.withLock { open, condition in
            open = true
            condition.broadcast()
        }
        #expect(Eventually.holds { pings > before })
        reporter.stop()
    }
}
