import Control
import Foresight
import Model
import Platform
import View

/// The recorder's records, in the words of the control socket.
extension DaemonControl {
    func accesses(after: UInt64, max: Int) -> AccessBatch {
        let found = view.accessRecords(after: after, max: max)
        var batch = AccessBatch(
            pid: Environment.processID, nowMicroseconds: clock.monotonic.inMicroseconds,
            newest: found.newest, lost: found.lost)
        batch.append(found.records, file: view.knownFile)
        return batch
    }
}

extension AccessBatch {
    /// Half of what an answer may have: thousands of paths, each near `PATH_MAX`, are more than one
    /// answer can carry.
    static let pathBytesMax = WireFormat.answerBytesMax / 2

    /// Takes records in until their files' paths are too much for one answer; who asks gets the rest
    /// with the next question.
    ///
    /// - Parameter file: nil for a file that is gone.
    mutating func append(
        _ found: [AccessRecord], pathBytesMax: Int = pathBytesMax,
        file: (FileNumber) -> KnownFile?
    ) {
        var readerPlaces: [Reader: Int] = [:]
        var named: Set<FileNumber> = []
        var pathBytes = 0
        records.reserveCapacity(found.count)
        for record in found {
            if named.insert(record.file).inserted {
                let known = file(record.file)
                // A byte is at most six in JSON (`\u0001`).
                pathBytes += (known?.path?.bytes.count ?? 0) * 6
                // The first is always taken, or nobody would ever get past it.
                if pathBytes > pathBytesMax, !records.isEmpty { return }
                files.append(File(record.file, known, operation: record.operation))
            }
            let reader = Reader(
                program: record.reader.program, pid: record.reader.processID,
                userID: record.reader.userID)
            let place = readerPlaces[reader] ?? readers.count
            if place == readers.count {
                readerPlaces[reader] = place
                readers.append(reader)
            }
            records.append(Record(record, reader: place))
        }
    }
}

extension AccessBatch.File {
    fileprivate init(_ number: FileNumber, _ known: KnownFile?, operation: AccessRecord.Operation) {
        let isFolder = known?.attributes.isDirectory ?? (operation == .list)
        self.init(
            number: number.value, path: known?.path, folder: isFolder,
            sizeBytes: isFolder ? 0 : known?.attributes.size ?? 0)
    }
}

extension AccessBatch.Record {
    fileprivate init(_ record: AccessRecord, reader: Int) {
        let operation: Operation =
            switch record.operation {
            case .read: .read
            case .open: .open
            case .close: .close
            case .list: .list
            case .lookup: .lookup
            }
        self.init(
            sequence: record.sequence, arrivedMicroseconds: record.at.inMicroseconds,
            operation: operation, file: record.file.value, offset: record.offset,
            length: record.length, reader: reader, handle: record.reader.handle,
            source: "\(record.source)", durationMicroseconds: record.duration.inMicroseconds)
    }
}

extension Duration {
    fileprivate var inMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
