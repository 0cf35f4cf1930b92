import Glibc
import Model
import Platform
import TestSupport
import Testing

/// Reads by processes, of files that answer. What hangs is tried with a share: `ReadersThatHangTests`.
@Suite struct ReaderPoolTests {
    private let directory: TemporaryDirectory
    private let bytes: [UInt8]
    private let file: DescriptorReference

    init() throws {
        directory = try TemporaryDirectory()
        var chance = SplitMix(seed: 7)
        // More than one order brings.
        bytes = (0..<330_000).flatMap { _ in
            withUnsafeBytes(of: chance.next()) { Array($0) }
        }
        let path = try directory.file("file")
        let out = try FileCalls.open(path, .writeOnly)
        try FileContents.write(out.rawValue, bytes)
        file = DescriptorReference(try FileCalls.open(path, .readOnly))
    }

    private func make(idleTime: Duration = .seconds(60)) -> ReaderPool {
        ReaderPool(clock: SystemClock(), idleTime: idleTime) { Issue.record("\($0)") }
    }

    /// What is read into buffers of these sizes.
    private func read(
        _ pool: ReaderPool, at offset: Int64, _ sizes: [Int], enough: Int? = nil
    ) throws -> [UInt8] {
        let buffers = sizes.map { TransferBuffer($0) }
        let count = try pool.read(
            file.rawValue,
            into: zip(buffers, sizes).map { .init(rebasing: $0.storage[..<$1]) }, at: offset,
            enough: enough)
        let all = zip(buffers, sizes).flatMap { buffer, size in buffer.storage[..<size] }
        return Array(all[..<count])
    }

    private func isThere(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

    @Test func bytesAreAsOfACall() throws {
        let pool = make()
        #expect(try read(pool, at: 0, [bytes.count]) == bytes)
        #expect(try read(pool, at: 5, [3, 4096, 1]) == Array(bytes[5..<4105]))
        let end = Int64(bytes.count)
        #expect(try read(pool, at: end - 10, [4, 100]) == Array(bytes.suffix(10)))
        #expect(try read(pool, at: end, [100]) == [])
        #expect(try read(pool, at: end - 10, [64], enough: 10) == Array(bytes.suffix(10)))
        let nowhere = TransferBuffer(1)
        #expect(throws: Errno.badDescriptor) {
            try pool.read(-1, into: [nowhere.storage], at: 0)
        }
        #expect(pool.processIDs.count == 1, "one at a time needs one")
    }

    @Test func manyReadAtOnce() throws {
        let pool = make()
        let failures = Mutexed<[String]>([])
        _ = concurrently(Array(0..<8), thread: "test") { thread in
            for round in 0..<50 {
                let offset = Int64((thread * 50 + round) * 4096)
                let found = try? read(pool, at: offset, [4096, 4096])
                let wanted = Array(bytes[Int(offset)...].prefix(8192))
                if found != wanted { failures.withLock { $0.append("\(offset)") } }
            }
        }
        #expect(failures.withLock { $0 } == [])
        // One that is made while another comes back is too many.
        #expect(pool.processIDs.count < 16)
    }

    @Test func aProcessThatIsKilledIsReplaced() throws {
        let pool = make()
        for _ in 0..<3 {
            #expect(try read(pool, at: 4096, [4096]) == Array(bytes[4096..<8192]))
            let pid = try #require(pool.processIDs.first)
            #expect(kill(pid, SIGKILL) == 0)
            #expect(try read(pool, at: 0, [4096]) == Array(bytes[..<4096]))
            #expect(Eventually.holds { !isThere(pid) && !pool.processIDs.contains(pid) })
        }
    }

    /// They share the descriptors: none may be closed by their end, nor be kept.
    @Test func itsEndIsNotThatOfDescriptors() throws {
        let pool = make(idleTime: .milliseconds(20))
        let pipe = try Pipe()
        #expect(try read(pool, at: 0, [4096]) == Array(bytes[..<4096]))
        let pids = pool.processIDs
        #expect(Eventually.holds { pool.processIDs.isEmpty && !pids.contains(where: isThere) })
        #expect(try read(pool, at: 0, [4096]) == Array(bytes[..<4096]))
        #expect(fcntl(pipe.reading.rawValue, F_GETFD) >= 0)
    }

    @Test func aPoolThatGoesLeavesNoProcess() throws {
        var pool: ReaderPool? = make()
        _ = try pool.map { try read($0, at: 0, [4096]) }
        let pids = pool?.processIDs ?? []
        #expect(!pids.isEmpty)
        pool = nil
        #expect(Eventually.holds { !pids.contains(where: isThere) })
    }

    @Test func otherChildrenAreStartedAndWaitedForAsEver() throws {
        let pool = make()
        _ = try read(pool, at: 0, [4096])
        let (ending, output) = try ChildProcess.run("/bin/echo", ["word"])
        #expect(ending == .exited(code: 0) && output == "word\n")
        #expect(try read(pool, at: 0, [4096]) == Array(bytes[..<4096]))
    }
}
