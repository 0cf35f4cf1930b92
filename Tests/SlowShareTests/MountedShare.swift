import Glibc
import Model
import Platform
import Testing

/// A directory served by the built `slowshare`, as a process of its own; unmounted and removed at the end.
final class MountedShare: Sendable {
    /// Why mounts cannot be tested here; nil where they can.
    static let isPossible = access("/dev/fuse", R_OK | W_OK) == 0

    let base: String
    var directory: String { "\(base)/share" }
    var mountpoint: String { "\(base)/mount" }
    var socket: String { "\(base)/control" }

    /// The binary beside the test bundle.
    static var binary: String {
        get throws {
            let own = try RealPath.resolve("/proc/self/exe")
            let beside = "\(RealPath.split(own).parent)/slowshare"
            guard access(beside, X_OK) == 0 else {
                // A test runner that lives elsewhere names the bundle as its argument.
                let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? ""
                return "\(RealPath.split(try RealPath.resolve(bundle)).parent)/slowshare"
            }
            return beside
        }
    }

    init(_ options: [String]) throws {
        var template = Array("/tmp/slowshare-test-XXXXXX".utf8CString)
        base = try #require(mkdtemp(&template).map { String(cString: $0) })
        for name in ["share", "mount"] {
            try FileCalls.makeDirectory(
                at: FileCalls.workingDirectory, Array("\(base)/\(name)".utf8), mode: 0o755)
        }
        let (code, output) = try Self.run(
            [directory, mountpoint, "--control", socket, "--background"] + options)
        try #require(code == 0, "\(output)")
    }

    deinit {
        // A share that hangs could not be unmounted in good order.
        _ = try? Self.run(["ctl", "--control", socket, mountpoint, "online"])
        umount2(mountpoint, 2)
        if let tool = ChildProcess.find("fusermount3", searchPath: nil) {
            _ = try? ChildProcess.run(tool, ["-u", "-z", "-q", mountpoint])
        }
        if let tool = ChildProcess.find("rm", searchPath: nil) {
            _ = try? ChildProcess.run(tool, ["-rf", "--one-file-system", base])
        }
    }

    static func run(_ arguments: [String]) throws -> (code: Int32, output: String) {
        let (ending, output) = try ChildProcess.run(try binary, arguments)
        guard case .exited(let code) = ending else { return (-1, output) }
        return (code, output)
    }

    @discardableResult
    func ctl(_ words: String...) throws -> String {
        let (code, output) = try Self.run(["ctl", "--control", socket, mountpoint] + words)
        try #require(code == 0, "\(output)")
        return output
    }

    /// A number out of `stats`; 0 where it is not mentioned.
    func figure(_ name: String) throws -> Int {
        let stats = try ctl("stats")
        guard let found = stats.firstRange(of: "\"\(name)\": ") else { return 0 }
        return Int(stats[found.upperBound...].prefix { $0.isNumber }) ?? 0
    }

    /// Makes a file on the share, behind the mount's back.
    func put(_ name: String, _ bytes: [UInt8]) throws {
        let file = try FileCalls.open("\(directory)/\(name)", [.writeOnly, .create], mode: 0o644)
        try bytes.withUnsafeBytes { try FileCalls.write(file.rawValue, $0, at: 0) }
    }

    /// The error of looking a name up through the mount; nil if it is there.
    func look(_ name: String) -> Errno? {
        do throws(Errno) {
            _ = try FileCalls.attributes(ofPath: "\(mountpoint)/\(name)")
            return nil
        } catch {
            return error
        }
    }
}
