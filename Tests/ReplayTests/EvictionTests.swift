import Eviction
import TestSupport
import Testing

@testable import Replay

@Suite struct EvictionTests {
    private func hits(_ policy: PolicyName, _ accesses: [Int32], capacity: Int) -> Int {
        EvictionReplay(AccessSequence(accesses), chunk: 1, memory: Int64(capacity)).hits(policy)
    }

    private func trail(_ policy: some ReplacementPolicy, _ accesses: [Int32]) -> [Bool] {
        var policy = policy
        return accesses.map { policy.access($0) }
    }

    @Test func leastRecentlyUsedGoes() {
        // Two places: 0 1 enter, 0 is touched, 2 sends 1 away, 0 is there, 1 is not.
        #expect(
            trail(TierReplacement(LRUPolicy(), capacity: 2), [0, 1, 0, 2, 0, 1])
                == [false, false, true, false, true, false])
    }

    @Test func theOptimumKnowsTheFuture() {
        let accesses: [Int32] = [0, 1, 2, 3, 0, 1, 4, 0, 1, 2, 3, 4]
        // Belady's own example, three places: 0 1 2 enter; 3 sends 2 away; 0 1 hit; 4 sends 3 away; 0 1 hit; 2 sends
        // 0 or 1 away; 3 likewise; 4 hits: five.
        #expect(hits(.belady, accesses, capacity: 3) == 5)
        // Its anomaly belongs to FIFO; LRU has 2 here.
        #expect(hits(.lru, accesses, capacity: 3) == 2)
    }

    @Test func arcKeepsWhatWasUsedTwiceFromAScan() {
        // 0 and 1 are used twice; a scan of ten passes; they are still there, where LRU has lost them.
        let accesses: [Int32] = [0, 1, 0, 1] + Array(2..<12) + [0, 1]
        #expect(hits(.arc, accesses, capacity: 4) == 4)
        #expect(hits(.lru, accesses, capacity: 4) == 2)
    }

    /// 0 has been used three times when others come by: a newer one that was used once is worth less.
    @Test func retentionKeepsWhatIsUsed() {
        let accesses: [Int32] = [0, 0, 0, 1, 2, 3, 0].reduce(into: []) { all, next in
            // A use that follows at once is none.
            all += all.last == next ? [9, next] : [next]
        }
        #expect(hits(.retention, accesses, capacity: 2) == 4)
        #expect(hits(.lru, accesses, capacity: 2) == 3)
    }

    @Test func arcLearnsFromGhosts() {
        // Two places. 0 1: once. 2: T1 is full, so 0 leaves without a ghost. 1: again. 3: 2 becomes a ghost.
        // 2: a ghost of once, so p grows to 1; T1 has one, not more, so 1 goes from T2 and 2 is again.
        // 3: still there.
        #expect(
            trail(ARCReplacement(capacity: 2, chunks: 4), [0, 1, 2, 1, 3, 2, 3])
                == [false, false, false, true, false, false, true])
    }

    @Test func s3SendsOneHitWondersAwayEarly() {
        // Ten places, one of them probation. 0 is used three times, so it moves on when its turn comes; 1 to 20 pass.
        let accesses: [Int32] = [0, 0, 0] + Array(1...20) + [0]
        #expect(hits(.s3FIFO, accesses, capacity: 10) == 3)
        #expect(hits(.lru, accesses, capacity: 10) == 2)
    }

    @Test func s3TakesGhostsIntoTheMainQueue() {
        // Ten places, one of them probation, nine ghosts. 10 sends 0 away; it comes back into the main queue, and is
        // there after nineteen others have passed.
        let first: [Int32] = Array(0..<11)
        let passing: [Int32] = Array(11..<30)
        let policy = S3FIFOReplacement(capacity: 10, chunks: 40)
        #expect(trail(policy, first + [0] + passing + [0]).last == true)
        #expect(hits(.lru, first + [0] + passing + [0], capacity: 10) == 0)
    }

    @Test func tinyLFUKeepsAPartOfALoopThatDoesNotFit() {
        let accesses = (0..<50).flatMap { _ in Array(Int32(0)..<100) }
        #expect(hits(.lru, accesses, capacity: 50) == 0)
        #expect(hits(.windowTinyLFU1, accesses, capacity: 50) > 1000)
        #expect(hits(.windowTinyLFU20, accesses, capacity: 50) > 800)
        #expect(hits(.adaptiveTinyLFU, accesses, capacity: 50) > 800)
        // The optimum keeps all but the one that is passing.
        #expect(hits(.belady, accesses, capacity: 50) > 2300)
    }

    @Test func ageingLetsOldFavouritesGo() {
        // 0 is used six times and has rank 6; then three others take turns in the other place. Each victim's rank is
        // the cache's age, each newcomer's rank one more: 1, 2, 3, 4, 5, 6. The seventh meets 0 and the sixth with
        // equal ranks, and 0 was used longer ago.
        let favourite = [Int32](repeating: 0, count: 6)
        let others: [Int32] = [1, 2, 3, 1, 2, 3, 1]
        let policy = TierReplacement(LFUAgingPolicy<Int32>(), capacity: 2)
        #expect(trail(policy, favourite + others.dropLast() + [0]).last == true)
        #expect(trail(policy, favourite + others + [0]).last == false)
    }

    @Test(arguments: [1, 2, 5, 20, 100]) func noPolicyBeatsTheOptimum(capacity: Int) {
        var numbers = SplitMix(seed: UInt64(capacity))
        for kind in 0..<6 {
            let accesses = (0..<3000).map { turn -> Int32 in
                switch kind {
                case 0: Int32.random(in: 0..<150, using: &numbers)
                case 1: Int32(turn % 130)
                case 2:
                    Int32.random(
                        in: 0..<Int32.random(in: 1...200, using: &numbers), using: &numbers)
                case 3: turn % 2 == 0 ? Int32(turn % 90) : Int32.random(in: 0..<30, using: &numbers)
                case 4: Int32(turn / 3 % 300)
                default: Int32((turn * turn) % 211)
                }
            }
            let best = hits(.belady, accesses, capacity: capacity)
            for policy in PolicyName.allCases {
                let found = hits(policy, accesses, capacity: capacity)
                #expect(found <= best, "\(policy) on kind \(kind) with \(capacity)")
            }
        }
    }

    @Test func immediateRepeatsCountOnce() throws {
        let trace = try Hand.blocks([(0, 0, 3), (0, 2, 1), (1, 2, 1), (0, 0, 1)])
        let sequence = AccessSequence(trace, chunk: 4096) { _ in .max }
        #expect(sequence.accesses == [0, 1, 2, 3, 0])
        #expect(sequence.chunks == 4)
        let coarse = AccessSequence(trace, chunk: 8192) { _ in .max }
        #expect(coarse.accesses == [0, 1, 2, 0])
    }
}
