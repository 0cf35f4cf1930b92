import Model
import Platform
import Synchronization

/// The index of one share's disk tier: what is stored where, and the listings.
///
/// Reading goes through lent connections on the caller's thread, writing through the index thread. Errors do
/// not reach callers: a damaged file makes the index answer nothing until it is renewed, other trouble is
/// a miss. Threads: any.
final class DiskIndex: Sendable {
    /// What opening found.
    struct Opening: Sendable {
        /// As the last session left it; empty when there was none.
        var record: TierRecord
        /// Largest object row in use.
        var lastRow: Int64
        /// Whether the totals are not to be trusted, so that the objects must be looked through.
        var needsSweep: Bool
        /// The name under which a damaged predecessor lies now.
        var setAside: (name: String, reason: String)?
    }

    /// What could not be read while an object was looked up.
    struct Damage: Sendable {
        var row: ObjectRow?
        var chunks: [ChunkIndex] = []

        var isEmpty: Bool { row == nil && chunks.isEmpty }
        var count: Int { (row == nil ? 0 : 1) + chunks.count }
    }

    private struct Trouble {
        /// The file is damaged: nothing works until it is renewed.
        var damage: SQLiteError?
        var writing: SQLiteError?
    }

    let readers: SQLiteReaders<IndexReader>
    let writer: IndexWriter
    private let trouble: TroubleBox

    /// Apart from the index, because the writer's hooks need it before the writer exists.
    private final class TroubleBox: Sendable {
        let state = Mutex(Trouble())
    }

    /// Opens the index, setting a damaged one aside. Takes milliseconds however many rows there are.
    ///
    /// - Parameters:
    ///   - distrust: why what is there must not be used; nil: it may.
    ///   - tierRecord: totals to store with each commit.
    static func open(
        _ file: IndexFile, clock: any LarderClock, distrust: String? = nil,
        tierRecord: @escaping @Sendable () -> TierRecord
    ) throws(CacheDirectoryError) -> (index: DiskIndex, opening: Opening) {
        do throws(SQLiteError) {
            if let distrust { throw SQLiteError(damage: distrust) }
            return try attempt(file, clock: clock, tierRecord: tierRecord)
        } catch let damage where damage.meansDamage || file.isDeclaredReadOnly(damage) {
            let name: String
            do throws(Errno) {
                name = try file.setAside(now: clock.wall)
            } catch {
                throw .unusable(
                    path: file.directory, reason: "cannot rename the damaged index", error)
            }
            do throws(SQLiteError) {
                var (index, opening) = try attempt(file, clock: clock, tierRecord: tierRecord)
                opening.setAside = (name, damage.description)
                opening.needsSweep = true
                return (index, opening)
            } catch {
                throw .index(path: file.directory, reason: error.description)
            }
        } catch {
            throw .index(path: file.directory, reason: error.description)
        }
    }

    private static func attempt(
        _ file: IndexFile, clock: any LarderClock, tierRecord: @escaping @Sendable () -> TierRecord
    ) throws(SQLiteError) -> (DiskIndex, Opening) {
        let connection = try file.openForWriting()
        let statements = try IndexStatements(connection)
        let lastRow = try statements.lastRow()
        if lastRow >= ObjectRow.numberMax - (1 << 20) {
            throw SQLiteError(damage: "object rows are used up")
        }
        let record = try statements.tierRecord()
        var opened = record ?? TierRecord()
        // An index without this row is new, or lost it: whatever lies beside it is not known.
        let needsSweep = record == nil ? !file.liesAlone : !opened.isClean
        // From here on a kill leaves totals that are not the truth; the disk must know before any data.
        opened.isClean = false
        if !needsSweep { try statements.commitDurably(opened) }
        let readers = SQLiteReaders(lentMax: IndexReader.lentMax) { () throws(SQLiteError) in
            try IndexReader(file.openForReading())
        }
        readers.open()
        let index = DiskIndex(
            file: file, readers: readers, connection: connection, clock: clock,
            tierRecord: tierRecord)
        return (
            index, Opening(record: opened, lastRow: lastRow, needsSweep: needsSweep, setAside: nil)
        )
    }

    private init(
        file: IndexFile, readers: SQLiteReaders<IndexReader>,
        connection: consuming SQLiteConnection,
        clock: any LarderClock, tierRecord: @escaping @Sendable () -> TierRecord
    ) {
        self.readers = readers
        let trouble = TroubleBox()
        self.trouble = trouble
        writer = IndexWriter(
            file: file, readers: readers, connection: connection, clock: clock,
            hooks: IndexWriter.Hooks(
                tierRecord: tierRecord,
                failed: { error in
                    trouble.state.withLock { state in
                        if error.meansDamage { state.damage = error } else { state.writing = error }
                    }
                },
                committed: { operations in
                    trouble.state.withLock { $0.writing = nil }
                    for operation in operations {
                        switch operation {
                        case .putChunk(let row, _, _, let object): object.settle(row)
                        case .removeChunk(let row, let object): object?.settle(row)
                        case .putObject, .updateUsage, .removeObject: break
                        }
                    }
                }))
    }

    /// Why nothing can be looked up, nil while it can.
    var damage: SQLiteError? { trouble.state.withLock { $0.damage } }
    /// Why changes wait, nil while they are committed.
    var writingTrouble: SQLiteError? { trouble.state.withLock { $0.writing } }

    /// Runs a look-up; nil when the index cannot answer.
    func read<Result>(_ body: (IndexReader) throws(SQLiteError) -> Result) -> Result? {
        guard damage == nil else { return nil }
        do throws(SQLiteError) {
            return try readers.read(body)
        } catch {
            if error.meansDamage { trouble.state.withLock { $0.damage = error } }
            return nil
        }
    }

    /// Sets a damaged file aside and starts anew.
    ///
    /// - Returns: its new name; nil when that cannot be done now.
    func renew() -> String? {
        guard let name = writer.renew() else { return nil }
        trouble.state.withLock { $0 = Trouble() }
        return name
    }

    /// Makes `object` know its row and the page of entries around `chunk`.
    ///
    /// - Returns: nil when the index cannot answer.
    func learn(_ object: DiskObject, around chunk: ChunkIndex) -> Damage? {
        if case .known = object.entry(chunk) { return Damage() }
        let identity = object.identity
        let stamp = object.stamp
        let known = object.row
        let page = chunk.value / DiskObject.chunksPerPage
        let first = page * DiskObject.chunksPerPage
        let last = first + (DiskObject.chunksPerPage - 1)
        var damage = Damage()
        var entries: [UInt32: ChunkEntry] = [:]
        let found = read { reader throws(SQLiteError) -> DiskObject.Row in
            var row = known
            if row == .unknown {
                switch try reader.object(identity.key) {
                case .absent: row = .absent
                case .present(let number): row = .present(number)
                case .damaged(let number):
                    row = .absent
                    damage.row = number
                }
            }
            guard case .present(let number) = row else { return row }
            let range =
                ChunkRow(number, ChunkIndex(first))
                .number...ChunkRow(number, ChunkIndex(last)).number
            try reader.chunks(in: range) { chunkRow, bytes in
                let chunk = chunkRow.chunk
                let entry = ChunkEntry(
                    bytes, seed: object.recordSeed(chunk), chunk: chunk,
                    geometry: identity.geometry)
                if let entry { entries[chunk.value] = entry } else { damage.chunks.append(chunk) }
            }
            return row
        }
        guard let found else { return nil }
        object.learn(row: found, page: page, entries: entries, since: stamp)
        return damage
    }
}
