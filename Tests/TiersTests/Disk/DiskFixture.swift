import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Tiers

/// A directory under the system's temporary one, removed with everything in it at the end.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/larder-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        removeTree(path)
    }
}

/// Every file below `path`, relative to it, sorted.
func filesBelow(_ path: String) -> [String] {
    guard let directory = try? FileCalls.open(path, [.readOnly, .directory, .noFollow]) else {
        return []
    }
    var reader = DirectoryReader(directory)
    var found: [String] = []
    while let batch = try? reader.next() {
        for entry in batch {
            let name = entry.name.description
            if entry.type == UInt8(DT_DIR) {
                found += filesBelow(path + "/" + name).map { name + "/" + $0 }
            } else {
                found.append(name)
            }
        }
    }
    return found.sorted()
}

func removeTree(_ path: String) {
    guard let directory = try? FileCalls.open(path, [.readOnly, .directory, .noFollow]) else {
        unlink(path)
        return
    }
    var reader = DirectoryReader(directory)
    while let batch = try? reader.next() {
        for entry in batch { removeTree(path + "/" + entry.name.description) }
    }
    rmdir(path)
}

func contents(_ path: String) -> [UInt8] {
    (try? FileContents.read(path)) ?? []
}

/// Makes the file hold exactly `bytes`.
func replace(_ path: String, _ bytes: [UInt8]) {
    let flags: OpenFlags = [.writeOnly, .create, .truncate]
    guard let file = try? FileCalls.open(path, flags, mode: 0o600) else { return }
    try? FileContents.write(file.rawValue, bytes)
}

func overwrite(_ path: String, _ bytes: [UInt8], at offset: Int64 = 0) {
    guard let file = try? FileCalls.open(path, [.writeOnly]) else { return }
    try? bytes.withUnsafeBytes { try FileCalls.write(file.rawValue, $0, at: offset) }
}

/// `st_blocks` of everything below `path` except what `skipping` names at the top, in bytes.
func allocatedBytes(_ path: String) -> Int64 {
    var sum: Int64 = 0
    guard let directory = try? FileCalls.open(path, [.readOnly, .directory, .noFollow]) else {
        return 0
    }
    var reader = DirectoryReader(directory)
    while let batch = try? reader.next() {
        for entry in batch {
            var raw = stat()
            let name = path + "/" + entry.name.description
            if lstat(name, &raw) == 0 { sum += Int64(raw.st_blocks) * 512 }
            if entry.type == UInt8(DT_DIR) { sum += allocatedBytes(name) }
        }
    }
    return sum
}

/// A made-up file whose bytes follow from its name: nothing needs to be kept to check what was loaded.
struct MadeFile: Sendable {
    var identity: ObjectIdentity
    var isText: Bool

    static let share = MessageDigest.sha256(Array("share".utf8))

    init(_ path: String, size: Int64, version: Int64 = 1, isText: Bool = false) {
        identity = ObjectIdentity.make(
            share: Self.share,
            path: RelativePath(path.split(separator: "/").map { Name(String($0)) }),
            fingerprint: Fingerprint(
                size: size, modified: Timestamp(seconds: 1_700_000_000 + version)),
            rules: .usual, now: Timestamp(seconds: 1_800_000_000))
        self.isText = isText
    }

    var geometry: ChunkGeometry { identity.geometry }

    func bytes(_ chunk: ChunkIndex, _ block: Int) -> [UInt8] {
        let range = geometry.byteRange(of: chunk, block: block)
        var random = SplitMix(
            seed: identity.key.words.0 ^ UInt64(chunk.value) << 20 ^ UInt64(block))
        return isText
            ? random.text(range.count) : random.content(range.count, compressible: false)
    }

    func isRight(_ block: LoadedBlock, of chunk: ChunkIndex) -> Bool {
        bytes(chunk, block.index).withUnsafeBytes { $0.isSame(as: block.buffer.bytes) }
    }

    func blocks(_ chunk: ChunkIndex, _ mask: BlockMask, from pool: BufferPool) -> [LoadedBlock] {
        (0..<geometry.blocksPerChunk).filter { mask.contains(block: $0) }.map { index in
            let bytes = bytes(chunk, index)
            let buffer = pool.buffer(holding: max(1, bytes.count))
            bytes.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: buffer.writable[..<source.count])
                    .copyMemory(from: source)
            }
            buffer.setCount(bytes.count)
            return LoadedBlock(index: index, buffer: buffer)
        }
    }

    var chunks: [ChunkIndex] {
        geometry.chunks(in: 0..<geometry.fileSize).map { ChunkIndex($0) }
    }
}

/// A disk tier in a directory of its own, on a clock that the test moves.
final class DiskFixture {
    let directory: TemporaryDirectory
    let path: String
    let pool = BufferPool()
    let clock = ManualClock()
    let lines = Mutexed<[String]>([])
    let limit: ByteCount
    let freeSpaceMin: ByteCount
    private(set) var tier: DiskTier

    init(
        limit: ByteCount = .gibibytes(1), freeSpaceMin: ByteCount = ByteCount(0),
        path: String? = nil
    ) throws {
        directory = TemporaryDirectory()
        self.path = path ?? directory.path
        self.limit = limit
        self.freeSpaceMin = freeSpaceMin
        tier = try Self.open(self.path, limit, freeSpaceMin, pool, clock, lines)
    }

    private static func open(
        _ path: String, _ limit: ByteCount, _ freeSpaceMin: ByteCount, _ pool: BufferPool,
        _ clock: ManualClock, _ lines: Mutexed<[String]>
    ) throws -> DiskTier {
        try DiskTier(
            directory: path, limit: limit, freeSpaceMin: freeSpaceMin, buffers: pool, clock: clock,
            log: Log(clock: clock) { line in lines.withLock { $0.append(line) } })
    }

    enum End {
        case clean
        /// As after `kill -9`: nothing more is written, and SQLite's log stays as it is.
        case killed
    }

    /// Ends the tier, lets `body` do things to the files, and opens them again.
    func reopen(_ end: End = .clean, _ body: () throws -> Void = {}) throws {
        switch end {
        case .clean: tier.close()
        case .killed:
            // Closing would move the log into the database: put back what a kill would have left.
            let names = ["/index.sqlite", "/index.sqlite-wal"]
            let before = names.map { contents(path + $0) }
            tier.abandon()
            for (name, bytes) in zip(names, before) { replace(path + name, bytes) }
        }
        try body()
        tier = try Self.open(path, limit, freeSpaceMin, pool, clock, lines)
    }

    func store(_ file: MadeFile, _ chunk: ChunkIndex, _ mask: BlockMask? = nil) {
        let mask = mask ?? file.geometry.allBlocks(of: chunk)
        tier.object(file.identity).store(
            file.blocks(chunk, mask, from: pool), of: chunk)
    }

    func storeAll(_ file: MadeFile) {
        for chunk in file.chunks { store(file, chunk) }
    }

    func load(_ file: MadeFile, _ chunk: ChunkIndex, _ mask: BlockMask? = nil) -> [LoadedBlock] {
        let mask = mask ?? file.geometry.allBlocks(of: chunk)
        let answer = ConditionMutex<[LoadedBlock]?>(nil)
        let load = tier.object(file.identity).load(mask, of: chunk, isUrgent: true) { blocks in
            answer.withLock { state, condition in
                state = blocks
                condition.broadcast()
            }
        }
        guard load != nil else { return [] }
        return answer.wait { state, _ in state }
    }

    /// Loads and compares: what came is right, byte for byte. Gives back which blocks came.
    @discardableResult
    func check(
        _ file: MadeFile, _ chunk: ChunkIndex, _ mask: BlockMask? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) -> BlockMask {
        var found: BlockMask = []
        for block in load(file, chunk, mask) {
            #expect(
                file.isRight(block, of: chunk),
                "wrong bytes in block \(block.index) of chunk \(chunk.value) of \(file.identity.path)",
                sourceLocation: location)
            withExtendedLifetime(block) {}
            found.insert(BlockMask(block.index..<(block.index + 1)))
        }
        return found
    }

    /// Blocks that come back of a whole file.
    @discardableResult
    func checkAll(_ file: MadeFile, _ location: SourceLocation = #_sourceLocation) -> Int {
        file.chunks.reduce(0) { $0 + check(file, $1, nil, location).count }
    }

    func blockCount(_ file: MadeFile) -> Int {
        file.chunks.reduce(0) { $0 + file.geometry.allBlocks(of: $1).count }
    }
}
