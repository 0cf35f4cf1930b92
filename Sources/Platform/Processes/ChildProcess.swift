public import Model

import CLinux
import Glibc

/// A process that this one started. Nobody is told of its end unless ``wait()`` is called.
public struct ChildProcess: Sendable {
    public let pid: Int32

    /// How a process ended.
    public enum Ending: Equatable, Sendable {
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    /// Starts the program at `path`; no descriptor of ours but those named is open in it, and nothing in its
    /// environment lets it speak for us to the service manager.
    ///
    /// - Parameters:
    ///   - path: absolute; `PATH` is not searched.
    ///   - arguments: without the program's own name.
    ///   - descriptors: our descriptors that become 0, 1, 2, … in the child; at most 8.
    ///   - newSession: true cuts the child off from our terminal.
    public init(
        _ path: String, _ arguments: [String], descriptors: [Int32], newSession: Bool = false
    ) throws(Errno) {
        var list: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        list.append(nil)
        var omitted: [UnsafeMutablePointer<CChar>?] = ServiceManager.variables.map { strdup($0) }
        omitted.append(nil)
        defer { for text in list + omitted { free(text) } }
        var started: Int32 = 0
        let failure = larder_spawn(
            path, list, omitted, descriptors, Int32(descriptors.count), newSession ? 1 : 0, &started
        )
        guard failure == 0 else { throw Errno(rawValue: failure) }
        pid = started
    }

    /// Blocks until the process has ended.
    public func wait() throws(Errno) -> Ending {
        var status: Int32 = 0
        _ = try systemCall { waitpid(pid, &status, 0) }
        let signal = status & 0x7f
        return signal == 0 ? .exited(code: (status >> 8) & 0xff) : .killed(signal: signal)
    }

    /// Runs a program to its end, with nothing on its standard input.
    ///
    /// - Returns: how it ended, and up to 64 KiB of what it wrote to standard output and error.
    public static func run(
        _ path: String, _ arguments: [String]
    ) throws(Errno) -> (ending: Ending, output: String) {
        let null = try FileCalls.open("/dev/null", .readWrite)
        var pipe = try Pipe()
        let writing = pipe.writing?.rawValue ?? null.rawValue
        let child = try ChildProcess(
            path, arguments, descriptors: [null.rawValue, writing, writing])
        pipe.closeWriting()
        let output = try FileContents.drain(pipe.reading.rawValue, keeping: 64 << 10)
        return (try child.wait(), String(decoding: output, as: UTF8.self))
    }

    /// Absolute path of the first executable called `name` in `searchPath` or where Debian puts
    /// programs that only root has in its `PATH`.
    public static func find(_ name: String, searchPath: String?) -> String? {
        let listed = (searchPath ?? "").split(separator: ":").map(String.init)
        for directory in listed + ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"] {
            let candidate = "\(directory)/\(name)"
            if directory.hasPrefix("/"), access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }
}
