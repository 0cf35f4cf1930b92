import Foundation
import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

/// Limits are on what the file system says, also while others write.
@Suite(.timeLimit(.minutes(3))) struct DiskLimitTests {
    /// What is really there, except SQLite's shared-memory file, which no limit can shrink below 32 KiB.
    private func real(_ path: String) -> Int64 {
        allocatedBytes(path)
    }

    @Test func theLimitHoldsWhileFourThreadsStore() throws {
        let limit = ByteCount.mebibytes(24)
        let fixture = try DiskFixture(limit: limit)
        let done = ConditionMutex(0)
        let tier = fixture.tier
        let pool = fixture.pool
        for thread in 0..<4 {
            startThread(name: "storer") {
                for number in 0..<12 {
                    let size: Int64 = number % 3 == 0 ? 20_000 : 2_500_000
                    let file = MadeFile(
                        "\(thread)/\(number).bin", size: size, isText: number % 4 == 1)
                    for chunk in file.chunks {
                        #expect(
                            Eventually.holds { tier.statistics.queued.bytes <= 16 << 20 })
                        let whole = file.geometry.allBlocks(of: chunk)
                        tier.object(file.identity).store(
                            file.blocks(chunk, whole, from: pool), of: chunk)
                    }
                }
                done.withLock { count, condition in
                    count += 1
                    condition.broadcast()
                }
            }
        }
        var largest: Int64 = 0
        while done.withLock({ count, _ in count }) < 4 {
            // A sampler: nothing says when the file system has taken more.
            largest = max(largest, real(fixture.path))
            usleep(300)
        }
        tier.drain()
        largest = max(largest, real(fixture.path))
        #expect(largest <= limit.bytes + (1 << 20))
        #expect(largest > limit.bytes / 2)
        let statistics = tier.statistics
        #expect(statistics.evictions > 0)
        #expect(statistics.used <= limit)
        let data =
            allocatedBytes(fixture.path + "/objects") + allocatedBytes(fixture.path + "/packs")
        #expect(abs(statistics.used.bytes - statistics.indexUsed.bytes - data) <= 64 << 10)
        #expect(statistics.dropped == 0)
        // The figures are still right after a restart.
        let objects = statistics.objects
        try fixture.reopen()
        #expect(fixture.tier.statistics.objects == objects)
        let after = fixture.tier.statistics
        #expect(abs(after.used.bytes - after.indexUsed.bytes - data) <= 64 << 10)
    }

    @Test func aLoweredLimitIsObeyed() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("film.mkv", size: 16 << 20)
        fixture.storeAll(file)
        fixture.tier.drain()
        fixture.tier.setLimit(.mebibytes(6))
        fixture.tier.drain()
        #expect(fixture.tier.statistics.used <= .mebibytes(6))
        #expect(real(fixture.path) <= 6 << 20)
        let left = fixture.checkAll(file)
        #expect(left >= 16 * 4 && left < 16 * 16)
        #expect(fixture.tier.statistics.damaged == 0)
    }

    /// What was used more than once outlives what was only written.
    @Test func usedChunksStayAndHitsSurviveARestart() throws {
        let fixture = try DiskFixture(limit: .mebibytes(12))
        let loved = MadeFile("loved.mkv", size: 2 << 20)
        fixture.storeAll(loved)
        fixture.tier.drain()
        for _ in 0..<3 { fixture.checkAll(loved) }
        try fixture.reopen()
        #expect(
            Eventually.holds { fixture.tier.withKeeper { $0.core.eviction.isLoaded } ?? true })
        for number in 0..<10 {
            fixture.storeAll(MadeFile("once \(number).mkv", size: 2 << 20))
            fixture.tier.drain()
        }
        #expect(fixture.checkAll(loved) == 32)
        #expect(fixture.tier.statistics.evictions > 0)
    }

    @Test func whatIsLargerThanTheLimitIsDropped() throws {
        let fixture = try DiskFixture(limit: .kibibytes(900))
        let file = MadeFile("film.mkv", size: 1 << 20)
        fixture.storeAll(file)
        fixture.tier.drain()
        #expect(fixture.tier.statistics.dropped == 16)
        #expect(fixture.checkAll(file) == 0)
        #expect(fixture.tier.statistics.state == .ok)
    }

    // MARK: - A small file system

    static let canMount: Bool = {
        guard geteuid() == 0 else { return false }
        let directory = TemporaryDirectory()
        guard run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory.path) else {
            return false
        }
        return run("umount", directory.path)
    }()

    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private func withSmallFileSystem(_ body: (String) throws -> Void) throws {
        let directory = TemporaryDirectory()
        try #require(Self.run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", directory.path))
        defer { _ = Self.run("umount", "-l", directory.path) }
        try body(directory.path)
    }

    private func fill(_ path: String, leaving bytes: Int64) throws -> String {
        let name = path + "/ballast"
        let file = try FileCalls.open(name, [.writeOnly, .create], mode: 0o600)
        let block = [UInt8](repeating: 1, count: 65536)
        var offset: Int64 = 0
        while try FileCalls.fileSystem(of: file.rawValue).bytesAvailable > bytes {
            do {
                try block.withUnsafeBytes { try FileCalls.write(file.rawValue, $0, at: offset) }
            } catch { break }
            offset += 65536
        }
        return name
    }

    @Test(.enabled(if: Requirement.isMet(canMount), "needs root, to mount a small tmpfs"))
    func freeSpaceIsLeftToOthers() throws {
        try withSmallFileSystem { path in
            let fixture = try DiskFixture(freeSpaceMin: .mebibytes(8), path: path)
            let file = MadeFile("film.mkv", size: 30 << 20)
            let root = try FileCalls.open(path, [.readOnly, .directory])
            for chunk in file.chunks {
                fixture.store(file, chunk)
                fixture.tier.drain()
                #expect(try FileCalls.fileSystem(of: root.rawValue).bytesAvailable >= 8 << 20)
            }
            #expect(fixture.tier.statistics.evictions > 0)
            // Somebody else needs the room: the tier gives way.
            let ballast = try fill(path, leaving: 4 << 20)
            fixture.tier.drain()
            #expect(try FileCalls.fileSystem(of: root.rawValue).bytesAvailable >= 8 << 20)
            // More is to be left than before, from now on.
            fixture.tier.setLimit(.gibibytes(1), freeSpaceMin: .mebibytes(10))
            fixture.tier.drain()
            #expect(try FileCalls.fileSystem(of: root.rawValue).bytesAvailable >= 10 << 20)
            unlink(ballast)
            fixture.checkAll(file)
            #expect(fixture.tier.statistics.damaged == 0)
            fixture.tier.close()
        }
    }

    @Test(.enabled(if: Requirement.isMet(canMount), "needs root, to mount a small tmpfs"))
    func aFullFileSystemIsNoTroubleForReaders() throws {
        try withSmallFileSystem { path in
            let fixture = try DiskFixture(path: path)
            let early = MadeFile("early.mkv", size: 2 << 20)
            fixture.storeAll(early)
            fixture.tier.drain()
            // More than can be evicted: nothing fits whatever is let go.
            fixture.tier.setLimit(.mebibytes(64))
            let ballast = try fill(path, leaving: 0)
            let late = MadeFile("late.mkv", size: 16 << 20)
            fixture.storeAll(late)
            fixture.tier.drain()
            fixture.checkAll(early)
            fixture.checkAll(late)
            guard case .degraded(let reason) = fixture.tier.statistics.state else {
                Issue.record("not degraded: \(fixture.tier.statistics)")
                return
            }
            #expect(reason.contains("No space"))
            #expect(fixture.tier.statistics.dropped > 0)
            #expect(fixture.tier.statistics.damaged == 0)
            unlink(ballast)
            // Within the pause nothing is tried; after it all is well by itself.
            fixture.storeAll(late)
            fixture.tier.drain()
            #expect(fixture.tier.statistics.state != .ok)
            fixture.clock.advance(by: TierHealth.pauseMax)
            fixture.storeAll(late)
            fixture.tier.drain()
            #expect(fixture.tier.statistics.state == .ok)
            #expect(fixture.checkAll(late) >= 12 * 16)
            try fixture.reopen()
            #expect(fixture.checkAll(late) >= 12 * 16)
            fixture.tier.close()
        }
    }

    @Test(.enabled(if: Requirement.isMet(canMount), "needs root, to mount a small tmpfs"))
    func aReadOnlyFileSystemIsNoTroubleForReaders() throws {
        try withSmallFileSystem { path in
            let fixture = try DiskFixture(path: path)
            let file = MadeFile("film.mkv", size: 2 << 20)
            fixture.storeAll(file)
            fixture.tier.drain()
            fixture.tier.close()
            try #require(Self.run("mount", "-o", "remount,ro", path))
            #expect(throws: CacheDirectoryError.self) {
                try DiskTier(
                    directory: path, limit: .mebibytes(1), buffers: fixture.pool,
                    clock: fixture.clock, log: Log(write: { _ in }))
            }
            #expect(!filesBelow(path).contains { $0.contains("damaged") })
        }
    }

    @Test func pausesGrowAndEnd() {
        var health = TierHealth()
        #expect(health.mayTry(now: .seconds(0)))
        health.fail("a", now: .seconds(10))
        #expect(!health.mayTry(now: .seconds(14)))
        #expect(health.mayTry(now: .seconds(15)))
        health.fail("b", now: .seconds(15))
        #expect(!health.mayTry(now: .seconds(24)))
        #expect(health.mayTry(now: .seconds(25)))
        for step in 0..<10 { health.fail("c", now: .seconds(100 * (step + 1))) }
        #expect(!health.mayTry(now: .seconds(1059)))
        #expect(health.mayTry(now: .seconds(1060)))
        #expect(health.reason == "c")
        let ended = [health.succeed(), health.succeed()]
        #expect(ended == [true, false])
        // A disk that comes and goes is not asked more often for it.
        health.fail("d", now: .seconds(1061))
        #expect(!health.mayTry(now: .seconds(1120)))
        #expect(health.mayTry(now: .seconds(1121)))
        let endedAgain = health.succeed()
        #expect(endedAgain)
        health.fail("e", now: .seconds(2000))
        #expect(health.mayTry(now: .seconds(2005)))
    }
}
