public import Model

import Glibc

extension ChildProcess {
    /// Runs a program that may hang, with nothing on its standard input and its errors thrown away.
    ///
    /// One that is stuck in the kernel cannot be waited for, not even killed: it is sent `SIGKILL` and left behind, and
    /// keeps nobody from ending. A thread in its place would: a process ends when its last thread does.
    ///
    /// - Returns: how it ended, and what it wrote to standard output, at most 64 KiB.
    /// - Throws: `ETIMEDOUT` when it did not end within `limit`.
    public static func run(
        _ path: String, _ arguments: [String], within limit: Duration,
        newSession: Bool = false
    ) throws(Errno) -> (ending: Ending, output: [UInt8]) {
        let clock = SystemClock()
        let end = clock.monotonic + limit
        let null = try FileCalls.open("/dev/null", .readWrite)
        var pipe = try Pipe()
        let writing = pipe.writing?.rawValue ?? null.rawValue
        let child = try ChildProcess(
            path, arguments, descriptors: [null.rawValue, writing, null.rawValue],
            newSession: newSession)
        pipe.closeWriting()
        let reading = pipe.reading.rawValue
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while try Readiness.canRead(reading, within: end - clock.monotonic) {
            let count = try systemCall {
                buffer.withUnsafeMutableBytes { Glibc.read(reading, $0.baseAddress, $0.count) }
            }
            // Nobody holds the other end any more: the child is ending.
            if count == 0 { return (try child.wait(), output) }
            output += buffer[..<min(count, (64 << 10) - output.count)]
        }
        kill(child.pid, SIGKILL)
        throw .timedOut
    }
}
