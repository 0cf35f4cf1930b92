import Foresight
import Model
import TestSupport
import Testing

@testable import Replay

@Suite struct PageModelTests {
    private func counts(
        _ trace: Trace, _ method: some PageMethod, pages: Int = 100
    ) -> PageCounts {
        PageModel(trace, memory: Int64(pages * Hand.page), share: ShareModel()).run(method)
    }

    @Test func withoutReadaheadOnlyTheCacheCounts() throws {
        // A cache of two: 1 miss, 2 miss, 1 hit, 3 miss (2 goes), 1 hit, 2 miss (3 goes).
        let trace = try Hand.pages([1, 2, 1, 3, 1, 2])
        let none = counts(trace, NoReadahead(), pages: 2)
        #expect(none.pages == 6)
        #expect(none.missPages == 4)
        #expect(none.issuedPages == 0)
        #expect(none.stalled == 4)
        let row = MethodRow(.none, none, none: none, hasClock: false)
        #expect(row.coverage == 0 && row.traffic == 1 && row.score == 0)
        #expect(row.accuracy == nil && row.lateShare == nil)
        #expect(row.hitRatio == 2.0 / 6)
    }

    @Test func theCacheIsATenthOfTheWorkingSetOrSixteenMebibytes() throws {
        let small = PageModel(
            try Hand.blocks([(0, 0, 300), (0, 100, 300), (1, 0, 50)]), memory: nil,
            share: ShareModel())
        #expect(small.workingSet == 450)
        #expect(small.capacity == 4096)
        let large = PageModel(
            try Hand.blocks((0..<250).map { (0, $0 * 256, 256) }), memory: nil, share: ShareModel())
        #expect(large.workingSet == 64000)
        #expect(large.capacity == 6400)
    }

    @Test func readsAreSplitAtOneMebibyteAndPartPagesCountWhole() throws {
        let trace = try Hand.blocks([(0, 0, 600)])
        let none = counts(trace, NoReadahead(), pages: 1000)
        #expect(none.requests == 3)  // 256 + 256 + 88 pages
        #expect(none.missPages == 600)
        let odd = try TraceParserTests.parse(TraceParserTests.block + "0,0,4095,2,R\n1,0,0,0,R\n")
        #expect(counts(odd, NoReadahead()).missPages == 2)
    }

    @Test func nextFetchesAfterMissesAndFirstUsesAndNotBeyondTheFile() throws {
        // Two pages ahead. 0: miss, fetches 1 2; 1: first use, fetches 3; 2: first use, fetches 4; 1: a hit, nothing;
        // 9: miss, 10 lies beyond the file.
        let trace = try Hand.pages([0, 1, 2, 1, 9])
        let next = counts(trace, NextReadahead(bytes: 8192))
        #expect(next.missPages == 2)
        #expect(next.issuedPages == 4)
        #expect(next.usedPages == 2)
        let row = MethodRow(
            .next128K, next, none: counts(trace, NoReadahead()), hasClock: false)
        #expect(row.coverage == 0.5)
        #expect(row.accuracy == 0.5)
        #expect(row.traffic == 1.5)
        #expect(row.score == 0.25)
    }

    @Test func lateIsWithinTenMillisecondsOfThePrefetch() throws {
        let fast = counts(try Hand.pages(Array(0..<11), every: 0.001), NextReadahead(bytes: 4096))
        #expect(fast.usedPages == 10 && fast.latePages == 10)
        #expect(fast.lateWait == 10 * 9_000_000)  // each comes 10 ms after the read 1 ms before
        let slow = counts(try Hand.pages(Array(0..<11), every: 0.5), NextReadahead(bytes: 4096))
        #expect(slow.usedPages == 10 && slow.latePages == 0)
    }

    @Test func evictedUnreadIsCountedAndTold() {
        var cache = PageCache(capacity: 4)
        cache.notesLost = true
        let fetched = cache.fetchAhead(7, 10..<14, at: 0)
        #expect(fetched == 4)
        _ = cache.read(7, 12, at: 0)
        _ = cache.read(1, 0, at: 0)
        _ = cache.read(1, 1, at: 0)
        _ = cache.read(1, 2, at: 0)
        // 10, 11 and 13 were the least recently used; 12 was read.
        let lost = cache.takeLost().map(\.pages)
        #expect(lost == [10..<12, 13..<14])
        #expect(cache.counts.unusedPages == 3)
        #expect(cache.contains(7, 12))
    }

    @Test func theTableFindsWhatADictionaryFinds() {
        var numbers = SplitMix(seed: 42)
        var table = PositionTable(capacity: 4)
        var known: [Int: Int32] = [:]
        for turn in 0..<20_000 {
            let key = Int.random(in: 0..<600, using: &numbers) * (turn % 3 == 0 ? 1 : 4096)
            if let place = known[key] {
                #expect(table.find(key) == place)
                table.remove(key)
                known[key] = nil
                #expect(table.find(key) == PositionTable.none)
            } else {
                #expect(table.find(key) == PositionTable.none)
                table.insert(key, place: Int32(turn))
                known[key] = Int32(turn)
            }
        }
        for (key, place) in known { #expect(table.find(key) == place) }
    }

    @Test func foresightKeepsAheadOfAStreamAndLeavesARandomReaderAlone() throws {
        let stream = try Hand.pages(Array(0..<2000), every: 0.005)
        let ahead = counts(
            stream, ForesightReadahead(ForesightSettings(), hasClock: true, memory: 64 << 20),
            pages: 16384)
        #expect(ahead.missPages < 200)
        #expect(ahead.issuedPages <= 2000)
        var numbers = SplitMix(seed: 7)
        let random = try Hand.pages(
            (0..<2000).map { _ in Int.random(in: 1..<50_000_000, using: &numbers) }, every: 0.005)
        let idle = counts(
            random, ForesightReadahead(ForesightSettings(), hasClock: true, memory: 64 << 20),
            pages: 16384)
        #expect(idle.issuedPages < 400)
    }

    @Test func sameTraceSameFigures() throws {
        var numbers = SplitMix(seed: 3)
        let trace = try Hand.blocks(
            (0..<3000).map { turn in
                turn % 3 == 0
                    ? (0, Int.random(in: 0..<9000, using: &numbers), 2) : (1, turn * 4, 4)
            }, every: 0.004)
        let settings = ReplaySettings(memory: 8 << 20)
        let first = try TraceReplay.run(trace, files: nil, settings, path: "t")
        let second = try TraceReplay.run(trace, files: nil, settings, path: "t")
        #expect(first == second)
        #expect(first.methods.map(\.method) == MethodName.ofPages.map(\.rawValue))
        #expect(first.eviction?.policies.count == PolicyName.allCases.count)
        for row in first.methods {
            #expect(row.used <= row.issued)
            #expect(row.missed >= 0)
        }
    }
}
