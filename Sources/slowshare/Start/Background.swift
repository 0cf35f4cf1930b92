import Glibc
import Model
import Platform

/// `--background`: a second process serves, and the first one returns when that is ready.
///
/// Not a fork: that would have to come before every thread, and Swift's runtime may have some already.
enum Background {
    /// The descriptor on which the second process says that it is ready.
    private static let readyDescriptor: Int32 = 3

    /// - Parameter words: this process's arguments, without its name.
    /// - Returns: the exit code: 0 when the mount is usable.
    static func start(_ words: [String]) -> Int32 {
        do throws(Errno) {
            let null = try FileCalls.open("/dev/null", .readWrite)
            var pipe = try Pipe()
            // What goes wrong before the mount is usable is for the person who waits here.
            let child = try ChildProcess(
                try RealPath.resolve("/proc/self/exe"),
                words.filter { $0 != "--background" }
                    + ["--ready-descriptor=\(readyDescriptor)"],
                descriptors: [
                    null.rawValue, null.rawValue, 2, pipe.writing?.rawValue ?? null.rawValue,
                ],
                newSession: true)
            pipe.closeWriting()
            var byte: UInt8 = 0
            let reading = pipe.reading.rawValue
            if try systemCall({ read(reading, &byte, 1) }) == 1 { return 0 }
            guard case .exited(let code) = try child.wait(), code != 0 else { return 1 }
            return code
        } catch {
            Failure.say("cannot start in the background: \(Failure.text(error))")
            return 1
        }
    }

    /// In the second process: tells the first one, and lets go of its terminal.
    static func sayReady(_ descriptor: Int32) {
        if let null = try? FileCalls.open("/dev/null", .readWrite) { dup2(null.rawValue, 2) }
        var byte: UInt8 = 1
        _ = write(descriptor, &byte, 1)
        close(descriptor)
    }
}
