import Model
import Platform
import TestSupport
import Testing

@testable import Share

/// A read and the look at its file afterwards, on a share that takes its time.
@Suite struct VerifierTests {
    private final class Fixture: Sendable {
        let directory: TemporaryDirectory
        let clock = ManualClock()
        let scheduler: ShareScheduler
        let share: Share
        let gate = Gate()

        init() throws {
            directory = try TemporaryDirectory()
            _ = try directory.file("file", "bytes")
            scheduler = ShareScheduler(
                lanes: 2, deadline: .seconds(30), clock: clock, log: Log(write: { _ in }))
            let nature = ShareNature(
                inodesLast: true, keepsFiles: true, decides: true, isLocal: false,
                hidesOpenFiles: false)
            share = try Share(
                path: directory.path, scheduler: scheduler, ioMode: .buffered, nature: nature,
                clock: clock)
        }

        deinit {
            gate.open()
            scheduler.stop()
        }

        /// Whatever is to be looked at from here on waits until the gate is opened.
        func holdVerification() {
            for _ in 0..<scheduler.verificationLanes {
                scheduler.submit(.verification) { [gate] () throws(Errno) in
                    gate.pass()
                } completion: { _ in
                }
            }
            gate.waitFor(scheduler.verificationLanes)
        }

        func file() throws -> ShareFile {
            let found = try FileCalls.attributes(ofPath: directory.path + "/file")
            let fingerprint = Fingerprint(found, consistency: .eventual)
            return share.file(
                ObjectIdentity(
                    key: ObjectKey(words: (1, 2, 3, 4)), path: RelativePath(["file"]),
                    fingerprint: fingerprint, contentType: .userData,
                    geometry: ChunkGeometry(chunkSize: 4096, fileSize: found.size),
                    isPersistent: true))
        }
    }

    private typealias Result = Swift.Result<Void, ShareFile.ReadFailure>

    /// What has come of a read, when it is known.
    private final class Reader: Sendable {
        private let state = ConditionMutex<Result?>(nil)
        private let hasArrived = Gate()

        init(_ file: ShareFile, opened: (@Sendable () -> Void)? = nil) {
            let buffers = [BufferPool().buffer(holding: 4096)]
            _ = file.read(
                0..<5, into: buffers, blockSize: 4096, urgency: .demand, opened: opened,
                arrived: { [hasArrived] in hasArrived.pass() }
            ) { [state] result in
                state.withLock { state, condition in
                    state = result
                    condition.broadcast()
                }
            }
        }

        /// Returns when the bytes are here.
        func waitForBytes() {
            hasArrived.waitFor(1)
            hasArrived.open()
        }

        var isKnown: Bool { state.withLock { state, _ in state != nil } }

        /// nil where nothing is known after a time in which it should be.
        func wait() -> Result? {
            state.wait(timeout: .seconds(20)) { state, _ in state }
        }
    }

    private func isTimeOut(_ result: Result?) -> Bool {
        if case .failure(.errno(.timedOut)) = result { return true }
        return false
    }

    private func isSuccess(_ result: Result?) -> Bool {
        if case .success = result { return true }
        return false
    }

    @Test func aReadAndItsVerificationHaveOneDeadline() throws {
        let fixture = try Fixture()
        let file = try fixture.file()
        // The bytes take twenty of the thirty seconds.
        let first = Reader(file) {
            fixture.clock.advance(by: .seconds(20))
            fixture.holdVerification()
        }
        first.waitForBytes()
        #expect(!first.isKnown)
        // Who comes now has all of his own.
        let second = Reader(file)
        second.waitForBytes()
        fixture.clock.advance(by: .seconds(10))
        #expect(isTimeOut(first.wait()))
        #expect(!second.isKnown)
        fixture.gate.open()
        #expect(isSuccess(second.wait()))
    }
}
