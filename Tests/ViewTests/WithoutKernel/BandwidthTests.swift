import Fuse
import Model
import Platform
import TestSupport
import Testing

@testable import View

/// What nobody waits for stays within `bandwidth=`, and what somebody waits for does not notice it.
@Suite struct BandwidthTests {
    private let fixture: ViewFixture
    private static let size = 24 << 20
    private static let rate: Int64 = 16_000_000

    init() throws {
        var random = SplitMix(seed: 5)
        content = random.content(Self.size, compressible: false)
        fixture = try ViewFixture(
            .eventual, limits: ViewFixture.Limits(memory: .mebibytes(64), disk: .mebibytes(64)))
        try TestLibrary.file("\(fixture.root)/film.mkv", content)
    }

    private let content: [UInt8]

    private let film = RelativePath(["film.mkv"])

    private func limit(_ text: String) throws {
        var schedule = BandwidthSchedule()
        try schedule.append(parsing: text)
        fixture.view.limitPrefetch(by: schedule)
    }

    /// Half of what is saved up in a second, what comes since then, and one request.
    private func most(since start: Duration, request: Int64) -> Int64 {
        let seconds = (fixture.clock.monotonic - start).inSeconds
        return Self.rate / 2 + Int64(Double(Self.rate) * seconds) + request
    }

    @Test func whatIsPinnedComesAtTheLimit() throws {
        try limit("16MB/s")
        let start = fixture.clock.monotonic
        #expect(try fixture.view.pin(film, bytes: Int64(Self.size)) == true)
        try waitUntil("all is brought", poll: 0.005) {
            guard let progress = fixture.view.pinProgress else { return true }
            #expect(progress.fetchedBytes <= most(since: start, request: 1 << 20))
            try fixture.pass(.milliseconds(10))
            return progress.isComplete
        }
        #expect(fixture.view.pinProgress?.fetchedBytes == Int64(Self.size))
        // What is stored is looked through at once, though nothing may be fetched.
        try fixture.settle()
        try fixture.pass(.seconds(2))
        #expect(fixture.view.prefetcher.beginBackground(1 << 30) == nil, "somebody takes all")
        let end = fixture.clock.monotonic
        #expect(try fixture.view.pin(film, bytes: Int64(Self.size)) == false)
        try waitUntil("all is looked through", poll: 0.005) {
            fixture.view.pinProgress?.isAtWork == false
        }
        #expect(fixture.view.pinProgress?.fetchedBytes == 0 && fixture.clock.monotonic == end)
    }

    /// The hour strikes, or somebody changes the configuration: whoever waits finds out.
    @Test func whatIsPinnedGoesOnWithAnotherLimit() throws {
        try limit("64K/s")
        #expect(try fixture.view.pin(film, bytes: Int64(Self.size)) == true)
        try waitUntil("the first has come", poll: 0.005) {
            fixture.view.pinProgress.map { $0.fetchedBytes > 0 } ?? true
        }
        #expect(fixture.view.pinProgress?.fetchedBytes == 1 << 20)
        try limit("off")
        try waitUntil("all is brought", poll: 0.005) {
            fixture.view.pinProgress?.isComplete ?? true
        }
        #expect(fixture.clock.monotonic == .zero)
    }

    /// Somebody who warms the cache, on a thread with the name by which the view knows him.
    private final class Warmer: Sendable {
        private struct State: Sendable {
            var bytes: [UInt8] = []
            var hasEnded = false
        }

        private let state = Mutexed(State())
        static let piece = 512 << 10

        var count: Int { state.withLock { $0.bytes.count } }
        var bytes: [UInt8] { state.withLock { $0.bytes } }
        var hasEnded: Bool { state.withLock { $0.hasEnded } }

        private static var ownThread: Int32 {
            let place = (try? Calls.linkTarget("/proc/thread-self")) ?? []
            let number = place.split(separator: UInt8(ascii: "/")).last ?? []
            return Int32(String(decoding: number, as: UTF8.self)) ?? 0
        }

        init(_ kernel: KernelDouble, _ node: UInt64) {
            startThread(name: ViewFileSystem.warmingThread) { [state] in
                defer { state.withLock { $0.hasEnded = true } }
                let caller = FuseCaller(
                    userID: ThreadIdentity.ownUserID, groupID: ThreadIdentity.ownGroupID,
                    processID: Self.ownThread, umask: 0o022)
                let view = kernel.view
                let opened = try? kernel.ask(as: caller) {
                    view.open($0, node: node, flags: OpenFlags.readOnly.rawValue)
                }
                guard case .open(let open) = opened else { return }
                for start in stride(from: 0, to: BandwidthTests.size, by: Self.piece) {
                    let answer = try? kernel.ask(as: caller) {
                        view.read(
                            $0, node: node, handle: open.handle, offset: Int64(start),
                            size: Self.piece)
                    }
                    guard case .bytes(let bytes) = answer else { return }
                    state.withLock { $0.bytes += bytes }
                }
            }
        }
    }

    private func isAll(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in content.withUnsafeBytes { $0.isSame(as: bytes) } }
    }

    @Test func whatWarmsTheCacheComesAtTheLimit() throws {
        try limit("16MB/s")
        let node = try fixture.kernel.node(film)
        let start = fixture.clock.monotonic
        let warmer = Warmer(fixture.kernel, node)
        try waitUntil("all is read", poll: 0.005) {
            #expect(Int64(warmer.count) <= most(since: start, request: Int64(Warmer.piece)))
            try fixture.pass(.milliseconds(10))
            return warmer.hasEnded
        }
        #expect(isAll(warmer.bytes))
    }

    /// Nothing is left of what may be fetched ahead: who reads does not wait for that.
    @Test func readersDoNotWait() throws {
        try limit("64K/s")
        let node = try fixture.kernel.node(film)
        let warmer = Warmer(fixture.kernel, node)
        try waitUntil("it waits", poll: 0.005) { warmer.count >= 1 << 20 }
        let now = fixture.clock.monotonic
        #expect(isAll(try fixture.kernel.read(film)))
        #expect(fixture.clock.monotonic == now)
        #expect(warmer.count == 1 << 20, "what was saved up at the start")
        // What the reader has brought costs nothing.
        try waitUntil("all is read", poll: 0.005) {
            try fixture.pass(.milliseconds(250))
            return warmer.hasEnded
        }
        #expect(isAll(warmer.bytes))
    }
}
