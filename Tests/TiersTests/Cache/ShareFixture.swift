import Foundation
import Model
import Platform
import TestSupport
import Testing

@testable import Share
@testable import Tiers

/// A directory that plays the share, and everything between it and a ``ChunkCache``.
final class ShareFixture {
    let path: String
    let share: Share
    let scheduler: ShareScheduler

    /// - Parameter isRemote: as if what is said of files came from a server.
    init(isRemote: Bool = false) throws {
        path = try Self.makeDirectory()
        let clock = SystemClock()
        scheduler = ShareScheduler(
            lanes: 4, deadline: .seconds(30), clock: clock, log: Log(write: { _ in }))
        let nature = ShareNature(
            inodesLast: true, keepsFiles: true, decides: true, isLocal: !isRemote,
            hidesOpenFiles: false)
        share = try Share(path: path, scheduler: scheduler, nature: nature, clock: clock)
    }

    deinit {
        scheduler.stop()
        try? FileManager.default.removeItem(atPath: path)
    }

    /// An empty one, beside the share; gone with it.
    func diskTier() throws -> DiskTier {
        let directory = "\(path)/.cache"
        try FileCalls.makeDirectory(
            at: FileCalls.workingDirectory, Array(directory.utf8), mode: 0o700)
        return try DiskTier(
            directory: directory, limit: .mebibytes(64), freeSpaceMin: .mebibytes(0),
            buffers: BufferPool(), clock: SystemClock(), log: Log(write: { _ in }))
    }

    /// How often the share has been read.
    var reads: UInt64 { share.linkEstimate.operations }

    func chain(_ tiers: any ChunkTier...) -> TierChain {
        TierChain(tiers, clock: SystemClock())
    }

    static func makeDirectory() throws -> String {
        let name = "/tmp/larder-tests-\(UInt64.random(in: .min ... .max))"
        try FileCalls.makeDirectory(
            at: FileCalls.workingDirectory, Array(name.utf8), mode: 0o700)
        return name
    }

    /// Writes a file with a modification time long ago, so that it is not racily fresh.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], modified: Int64 = 1_000_000) throws
        -> ObjectIdentity
    {
        let file = try FileCalls.open(
            "\(path)/\(name)", [.writeOnly, .create, .truncate], mode: 0o600)
        try bytes.withUnsafeBytes { try FileCalls.write(file.rawValue, $0, at: 0) }
        try setModified(name, modified)
        return try identity(name)
    }

    func setModified(_ name: String, _ seconds: Int64) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: TimeInterval(seconds))],
            ofItemAtPath: "\(path)/\(name)")
    }

    func identity(_ name: String, rules: ContentRules = .usual) throws -> ObjectIdentity {
        let attributes = try FileCalls.attributes(ofPath: "\(path)/\(name)")
        return ObjectIdentity.make(
            share: ObjectKey(words: (1, 2, 3, 4)), path: RelativePath([Name(name)]),
            fingerprint: Fingerprint(attributes, consistency: .eventual), rules: rules,
            now: SystemClock().wall)
    }
}

extension ChunkCache {
    /// Reads and waits. - Returns: the bytes.
    func bytes(
        _ file: CachedFile, _ range: Range<Int64>, priority: Priority = .medium
    ) throws -> [UInt8] {
        let answer = ConditionMutex<ReadResult?>(nil)
        read(file, range, priority: priority) { result, _ in
            answer.withLock { slot, condition in
                #expect(slot == nil, "answered twice")
                slot = result
                condition.broadcast()
            }
        }
        return try answer.wait { slot, _ in slot }.get().flatMap { Array($0.bytes) }
    }
}

extension DiskTier {
    /// Waits until so many chunks are stored: who reads is answered before the disk tier is offered the bytes.
    ///
    /// - Returns: false where it has not come to that in half a minute.
    func drain(until count: Int) -> Bool {
        Eventually.holds {
            drain()
            return statistics.chunks == count
        }
    }
}
