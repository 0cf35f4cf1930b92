import Control
import Foundation
import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

/// A mounted view and its daemon, `larder mount` in the foreground.
final class RunningView: Sendable {
    struct Options {
        var memory = "64M"
        var disk = "256M"
        var consistency = "eventual"
        var propagation: String?
        var ttl: String?
        var timeout = "10s"
        /// A window has to fit memory.
        var readahead = "8M"
        /// Whether what habits expect is fetched.
        var warms = false
        /// As after `-o`.
        var more: [String] = []
        /// Of the daemon, besides the area's.
        var environment: [String: String] = [:]

        static let strict = Options(consistency: "strict")

        /// Changes on the share are looked for at every look.
        static func eventual(propagation: String) -> Options { Options(propagation: propagation) }
    }

    struct EndedWrongly: EndOfWaiting, CustomStringConvertible {
        var description: String
    }

    let area: Area
    let share: String
    let path: String
    let cache: String
    private let user: UInt32?
    private let daemon = Mutex<SpawnedProcess?>(nil)

    /// Mounts, and returns once the view is usable.
    ///
    /// - Parameters:
    ///   - name: of the mountpoint and the cache in the area.
    ///   - cache: a cache of other views, or on another file system.
    init(
        _ area: Area, share: String, name: String = "view", cache: String? = nil,
        _ options: Options = Options(), user: UInt32? = nil
    ) throws {
        self.area = area
        self.share = share
        self.user = user
        path = area.path(name)
        self.cache = cache ?? area.path("\(name).cache")
        if !Calls.exists(path) {
            try Calls.makeDirectory(path)
            if let user { try Calls.setOwner(path, user) }
        }
        try start(options)
    }

    func start(_ options: Options = Options()) throws {
        // Of what the share is asked, tests count what they ask for themselves.
        var words = [
            "catalogue=off", "warming=\(options.warms ? "on" : "off")", "cache=\(cache)",
            "memory=\(options.memory)", "disk=\(options.disk)",
            "consistency=\(options.consistency)", "timeout=\(options.timeout)",
            "readahead=\(options.readahead)",
        ]
        words += options.propagation.map { ["propagation=\($0)"] } ?? []
        words += options.ttl.map { ["ttl=\($0)"] } ?? []
        words += options.more
        let process = try area.spawn(
            "larder", BuiltPrograms.larder,
            ["mount", share, path, "-o", words.joined(separator: ",")], user: user,
            environment: options.environment.merging(
                user == nil ? [:] : ["LARDER_RUNTIME_DIR": area.path("run.user")]
            ) { $1 })
        daemon.withLock { $0 = process }
        try waitUntil("\(path) is mounted", within: 30, poll: 0.005) {
            if let ending = process.ended {
                throw EndedWrongly(description: "larder mount: \(ending)\n\(process.output)")
            }
            // Said once requests are answered; the mount table knows it a little earlier.
            return process.output.contains("\(path) shows") ? () : nil
        }
    }

    var process: SpawnedProcess {
        guard let process = daemon.withLock({ $0 }) else { preconditionFailure("not started") }
        return process
    }

    /// Unmounts as people do, and holds the daemon to its exit code 0.
    func stop() throws {
        let result = try area.run(BuiltPrograms.larder, ["unmount", path], within: 90, user: nil)
        guard result.isSuccess else { throw EndedWrongly(description: "\(result)") }
        let ending = try process.wait("the daemon of \(path)", within: 60)
        guard ending == .exited(code: 0) else {
            throw EndedWrongly(description: "daemon of \(path): \(ending)")
        }
    }

    /// Power loss for a process.
    func kill() throws {
        process.send(SIGKILL)
        _ = try process.wait("the killed daemon", within: 20)
    }

    func restart(_ options: Options = Options()) throws {
        try stop()
        try start(options)
    }

    /// The leftover mount is for the next daemon to take away.
    func killAndRestart(_ options: Options = Options()) throws {
        try kill()
        try start(options)
    }

    // MARK: Commands

    /// What `larder status --json` says.
    func status() throws -> StatusReport {
        struct Answer: Decodable {
            struct View: Decodable {
                var status: StatusReport?
                var error: String?
            }
            var views: [View]
        }
        let result = try area.run(BuiltPrograms.larder, ["status", path, "--json"], within: 20)
        let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
        guard let view = answer.views.first, let status = view.status else {
            throw EndedWrongly(description: "\(result)")
        }
        return status
    }

    func tier(_ name: String) throws -> StatusReport.Tier {
        try #require(try status().tiers.first { $0.name == name }, "no tier \(name)")
    }

    /// Waits until the share has been asked for nothing more. A reader may have his bytes before the share has said that they are
    /// still the file's; only then are they cached.
    func waitForShare() throws {
        try waitUntil("the share is asked for nothing", within: 20) {
            let share = try status().share
            return share.inFlight == 0 && share.waiting == 0
        }
    }

    /// - Parameter below: a path in the view; all of it if empty.
    @discardableResult
    func evict(_ below: String = "") throws -> CommandResult {
        try area.run(
            BuiltPrograms.larder, ["evict", below.isEmpty ? path : "\(path)/\(below)"], within: 30)
    }

    // MARK: Looks

    var comparison: TreeComparison { TreeComparison(share: share, view: path) }

    /// What differs from the share; a hang is an error.
    ///
    /// - Parameter truth: where the share's bytes are, if they are to be read past the share
    ///   itself.
    func differences(from truth: String? = nil, within seconds: Double = 60) throws -> [String] {
        try area.guarded("compare \(path) with the share", within: seconds) {
            TreeComparison(share: truth ?? share, view: path).differences()
        }
    }

    func guarded<Value>(
        _ what: @autoclosure () -> String, within seconds: Double = 20, _ body: () throws -> Value
    ) throws -> Value {
        try area.guarded(what(), within: seconds, body)
    }

    func contents(_ name: String, within seconds: Double = 20) throws -> [UInt8] {
        try guarded("read \(name)", within: seconds) { try Calls.contents("\(path)/\(name)") }
    }

    /// Waits until the disk tier has written what it was given.
    func waitForDisk() throws {
        var last: Int64 = -1
        try waitUntil("the disk tier has written everything", poll: 0.1) {
            let bytes = try tier("disk").bytes
            defer { last = bytes }
            return bytes > 0 && bytes == last
        }
    }
}
