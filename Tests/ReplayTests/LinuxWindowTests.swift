import Testing

@testable import Replay

/// Windows as mm/readahead.c computes them, by hand.
@Suite struct LinuxWindowTests {
    @Test func sizesRampUpAsTheKernelSays() {
        // 32 pages: up to one, times four; up to eight, times two; else all.
        #expect(
            [1, 2, 4, 8, 16, 64].map { LinuxWindow.initial($0, max: 32) } == [4, 4, 8, 16, 32, 32])
        // 256 pages: three round up to four, which is at most 256/32, so 16.
        #expect(
            [1, 3, 8, 16, 64, 100].map { LinuxWindow.initial($0, max: 256) } == [
                4, 16, 32, 32, 128, 256,
            ])
        #expect(
            [4, 15, 16, 128, 200].map { LinuxWindow.next($0, max: 256) } == [16, 60, 32, 256, 256])
    }

    @Test func aSequentialReaderOfPagesGetsGrowingWindows() {
        var window = LinuxWindow(windowMax: 32)
        var fetched: [Range<Int>] = []
        var there = 0
        for page in 0..<64 {
            let outcome: PageCache.Outcome = page < there ? .hit : .miss
            window.serve(page..<(page + 1), outcomes: [outcome], &there) { there, page in
                page < there
            } fetch: { there, pages in
                fetched.append(pages)
                there = max(there, pages.upperBound)
            }
        }
        // Page 0: 4 pages, of which 3 ahead, so the mark is page 1. There, 8 more, marked at their start; then 16,
        // then 32 each time.
        #expect(fetched == [0..<4, 4..<12, 12..<28, 28..<60, 60..<92, 92..<124])
    }

    @Test func aRandomReadGetsItselfOnly() {
        var window = LinuxWindow(windowMax: 32)
        var fetched: [Range<Int>] = []
        for page in [500, 90, 7000] {
            window.serve(page..<(page + 2), outcomes: [.miss, .miss], &fetched) { _, _ in
                false
            } fetch: { fetched, pages in
                fetched.append(pages)
            }
        }
        #expect(fetched == [500..<502, 90..<92, 7000..<7002])
    }

    @Test func pagesBehindAReadAreATrace() {
        var window = LinuxWindow(windowMax: 32)
        var fetched: [Range<Int>] = []
        // Pages 40 to 49 are cached, and nobody knows who read them: ten, and the one that is missing.
        window.serve(50..<51, outcomes: [.miss], &fetched) { _, page in
            (40..<50).contains(page)
        } fetch: { fetched, pages in
            fetched.append(pages)
        }
        #expect(fetched == [50..<61])
    }
}
