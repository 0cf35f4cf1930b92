import Glibc
import Model
import Platform
import Synchronization
import TestSupport

/// An OpenSSH server of a test's own, on 127.0.0.1 with keys and a port of its own, and sshfs mounts of it.
final class RunningSFTPServer: Sendable {
    private struct State {
        var server: SpawnedProcess?
        var client: SpawnedProcess?
    }

    let area: Area
    /// What is served.
    let directory: String
    /// Where sshfs shows it.
    let path: String
    let port: UInt16
    private let place: String
    private let state = Mutex(State())
    /// Where Debian's sshd locks its unprivileged half in.
    private static let emptyDirectory = "/run/sshd"
    private let madeDirectory: Bool

    init(_ area: Area, directory: String, name: String = "nas") throws {
        self.area = area
        self.directory = directory
        place = try area.makeDirectory("\(name).sshd")
        path = try area.makeDirectory(name)
        port = try Self.freePort()
        madeDirectory = TestRun.isRoot && !Calls.exists(Self.emptyDirectory)
        if madeDirectory { try Calls.makeDirectory(Self.emptyDirectory) }
        for key in ["host", "user"] {
            let made = try area.run(
                Self.program("ssh-keygen"),
                ["-q", "-t", "ed25519", "-N", "", "-f", "\(place)/\(key)"])
            guard made.isSuccess else { throw RunningView.EndedWrongly(description: "\(made)") }
        }
        try Calls.write(try Calls.contents("\(place)/user.pub"), to: "\(place)/authorized_keys")
        let lines = [
            "Port \(port)", "ListenAddress 127.0.0.1", "HostKey \(place)/host",
            "AuthorizedKeysFile \(place)/authorized_keys", "PermitRootLogin prohibit-password",
            "PasswordAuthentication no", "KbdInteractiveAuthentication no", "UsePAM no",
            "StrictModes no", "PidFile none", "AllowTcpForwarding no", "X11Forwarding no",
            "Subsystem sftp internal-sftp", "",
        ]
        try Calls.write(Array(lines.joined(separator: "\n").utf8), to: "\(place)/config")
        try start()
    }

    deinit {
        if madeDirectory { rmdir(Self.emptyDirectory) }
    }

    private static func program(_ name: String) throws -> String {
        guard let path = TestRun.program(name) else {
            throw RunningView.EndedWrongly(description: "\(name) is not installed")
        }
        return path
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = try Calls.check { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw Errno(rawValue: errno) }
        return UInt16(bigEndian: address.sin_port)
    }

    // MARK: - The server

    func start() throws {
        let server = try area.spawn(
            "sshd", Self.program("sshd"), ["-D", "-e", "-f", "\(place)/config"])
        state.withLock { $0.server = server }
        try waitUntil("sshd listens") {
            if let ending = server.ended {
                throw RunningView.EndedWrongly(description: "sshd: \(ending)\n\(server.output)")
            }
            return server.output.contains("Server listening") ? () : nil
        }
    }

    /// As a power cut would: the server and every session of it, at once.
    func kill() throws {
        guard let server = state.withLock({ $0.server }) else { return }
        let sessions = try Self.descendants(of: server.pid)
        server.send(SIGKILL)
        for session in sessions { Glibc.kill(session, SIGKILL) }
        _ = try server.wait("the killed sshd", within: 10)
    }

    private static func descendants(of process: Int32) throws -> [Int32] {
        var parents: [Int32: Int32] = [:]
        for name in try Calls.names("/proc") {
            guard let id = Int32(String(decoding: name, as: UTF8.self)) else { continue }
            let words = SpawnedProcess.text("/proc/\(id)/stat").split(separator: ")").last?
                .split(separator: " ")
            if let words, words.count > 1, let parent = Int32(words[1]) { parents[id] = parent }
        }
        var found: [Int32] = []
        var rest = [process]
        while let next = rest.popLast() {
            let children = parents.filter { $0.value == next }.map(\.key)
            found += children
            rest += children
        }
        return found
    }

    // MARK: - The client

    /// - Parameter remembersFolders: as sshfs does unless told otherwise, for 20 s: a name that is made on the server meanwhile
    ///   is not there.
    func mount(reconnect: Bool, remembersFolders: Bool = true) throws {
        let user = TestRun.variable("USER") ?? (TestRun.isRoot ? "root" : "")
        let options =
            [
                "IdentityFile=\(place)/user", "IdentitiesOnly=yes", "IdentityAgent=none",
                "BatchMode=yes", "UserKnownHostsFile=\(place)/known_hosts",
                "StrictHostKeyChecking=no",
                "ServerAliveInterval=1", "ServerAliveCountMax=2", "ConnectTimeout=2",
            ] + (reconnect ? ["reconnect"] : []) + (remembersFolders ? [] : ["dir_cache=no"])
        let client = try area.spawn(
            "sshfs", Self.program("sshfs"),
            ["-f", "-p", "\(port)", "-F", "/dev/null"] + options.flatMap { ["-o", $0] }
                + ["\(user.isEmpty ? "" : user + "@")127.0.0.1:\(directory)", path])
        state.withLock { $0.client = client }
        try waitUntil("sshfs is mounted") {
            if let ending = client.ended {
                throw RunningView.EndedWrongly(description: "sshfs: \(ending)\n\(client.output)")
            }
            return isMounted ? () : nil
        }
    }

    var isMounted: Bool {
        (try? MountTable.current().entry(at: path.pathBytes)) != nil
    }

    /// The client ends with its server; what it leaves is taken away, as a person would.
    func unmount() throws {
        guard let client = state.withLock({ $0.client }) else { return }
        client.send(SIGTERM)
        _ = try? client.wait("sshfs", within: 5)
        client.send(SIGKILL)
        _ = try client.wait("the killed sshfs", within: 10)
        while isMounted {
            let result = try area.run(
                Self.program("fusermount3"), ["-u", "-z", "--", path])
            guard result.isSuccess else { throw RunningView.EndedWrongly(description: "\(result)") }
        }
    }
}
