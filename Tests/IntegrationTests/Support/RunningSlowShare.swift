import Foundation
import Glibc
import Model
import Platform
import TestSupport

/// A directory served by `slowshare`: a NAS whose faults a test switches.
final class RunningSlowShare: Sendable {
    /// What it counts, in the words of `slowshare ctl stats`.
    struct Statistics: Decodable {
        struct Fault: Decodable {
            var operation: String
            var calls: Int
            var fired: Int
        }
        var state: String
        var operations: [String: Int]
        var operationsTotal: Int
        var bytesRead: Int64
        var held: Int
        var faults: [Fault]

        private enum CodingKeys: String, CodingKey {
            case state, operations, held, faults
            case operationsTotal = "operations_total"
            case bytesRead = "bytes_read"
        }
    }

    let area: Area
    /// What it serves; the truth behind it.
    let directory: String
    let path: String
    private let process: SpawnedProcess

    /// - Parameters:
    ///   - roundTrip: as `--round-trip` takes it.
    ///   - attributeTimeout: how long its client answers from what it remembers of a file.
    ///   - more: further options.
    init(
        _ area: Area, directory: String, name: String = "nas", roundTrip: String = "0ms",
        bandwidth: String = "unlimited", attributeTimeout: String = "0",
        more: [String] = []
    ) throws {
        self.area = area
        self.directory = directory
        // Where it has been served before.
        path = Calls.exists(area.path(name)) ? area.path(name) : try area.makeDirectory(name)
        // Unless said otherwise nothing is remembered by the kernel on the share's side: what Larder asks, the
        // share hears.
        process = try area.spawn(
            "slowshare", BuiltPrograms.slowshare,
            [
                directory, path, "--round-trip", roundTrip, "--bandwidth", bandwidth,
                "--attribute-timeout", attributeTimeout, "--entry-timeout", "0",
            ] + more)
        let process = process
        let path = path
        try waitUntil(
            "\(path) is served", poll: 0.005,
            isTrue: {
                if let ending = process.ended {
                    throw RunningView.EndedWrongly(
                        description: "slowshare: \(ending)\n\(process.output)")
                }
                guard try MountTable.current().entry(at: path.pathBytes) != nil else {
                    return false
                }
                // Mounted, it may not listen yet.
                return (try? control("stats")) != nil
            })
    }

    /// Takes it out of the tree: a NAS that is off.
    func unmount() throws {
        let result = try area.run("/usr/bin/fusermount3", ["-uz", "--", path])
        guard result.isSuccess else { throw RunningView.EndedWrongly(description: "\(result)") }
        try waitUntil("\(path) is unmounted", poll: 0.005) {
            try MountTable.current().entry(at: path.pathBytes) == nil
        }
    }

    /// Takes no requests any more: who waits for an answer can be killed, as with NFS and SMB, since nobody works on it yet.
    func suspend() throws {
        process.send(SIGSTOP)
        let threads = "/proc/\(process.pid)/task"
        try waitUntil("slowshare is stopped", poll: 0.002) {
            try Calls.names(threads).allSatisfy { name in
                let thread = String(decoding: name, as: UTF8.self)
                return SpawnedProcess.text("\(threads)/\(thread)/stat").contains(") T ")
            }
        }
    }

    func resume() { process.send(SIGCONT) }

    @discardableResult
    func control(_ words: String...) throws -> CommandResult {
        let result = try area.run(BuiltPrograms.slowshare, ["ctl", path] + words, within: 20)
        guard result.isSuccess else { throw RunningView.EndedWrongly(description: "\(result)") }
        return result
    }

    func statistics() throws -> Statistics {
        let text = try control("stats").output
        return try JSONDecoder().decode(Statistics.self, from: Data(text.utf8))
    }

    /// How often faults have hit since they were set.
    func firedFaults() throws -> Int { try statistics().faults.reduce(0) { $0 + $1.fired } }
}
