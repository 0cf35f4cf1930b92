import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import View

/// A file that somebody else never stops writing.
@Suite struct BusyFileTests {
    /// A read gives what is there at the moment, as on the share, and no error: whatever version was looked for is gone by then.
    @Test(arguments: [Consistency.eventual, .strict])
    func whoReadsItGetsNoError(consistency: Consistency) throws {
        let fixture = try ViewFixture(consistency)
        let path = RelativePath([Name("log")])
        let onShare = "\(fixture.root)/log"
        try TestLibrary.file(onShare, [UInt8](repeating: 0, count: 300_000))
        let isOver = Mutexed(false)
        let end = ConditionMutex<Result<Void, Errno>?>(nil)
        startThread(name: "writer") {
            let result = Result { () throws(Errno) in
                let file = try Calls.open(onShare, O_WRONLY)
                var turn: UInt8 = 0
                while !isOver.withLock({ $0 }) {
                    turn &+= 1
                    try file.write([UInt8](repeating: turn, count: 4096), at: 0)
                    // A second of its own each time: no two versions look the same.
                    try Calls.setModified(onShare, seconds: 1_600_000_000 + Int(turn))
                }
            }
            end.withLock { end, condition in
                end = result
                condition.broadcast()
            }
        }
        defer { isOver.withLock { $0 = true } }
        let node = try fixture.kernel.node(path)
        for _ in 0..<200 {
            let handle = try fixture.kernel.open(node, KernelDouble.O.readOnly)
            for offset in stride(from: Int64(0), to: 300_000, by: 100_000) {
                #expect(try fixture.kernel.read(node, handle, at: offset, 1000).count == 1000)
            }
            fixture.kernel.close(node, handle)
            try fixture.pass(.milliseconds(300))
        }
        isOver.withLock { $0 = true }
        try end.wait { end, _ in end }.get()
    }
}
