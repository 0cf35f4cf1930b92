import Control
import Model
import Testing
import View

@testable import Foresight
@testable import larder

/// From Foresight's words to those of the control socket.
@Suite struct DaemonForesightTests {
    private let stream = StreamReport(
        file: FileNumber(7), program: "mpv", pattern: "sequential", confidence: 0.5, position: 1,
        fileSize: 2, stride: 3, window: 4, ahead: 5, rate: 6, reads: 7, idle: .milliseconds(1500))
    private var wire: StreamStatus {
        StreamStatus(
            path: RelativePath(["a"]), program: "mpv", pattern: "sequential", confidence: 0.5,
            positionBytes: 1, sizeBytes: 2, strideBytes: 3, windowBytes: 4, aheadBytes: 5,
            bytesPerSecond: 6, reads: 7, idleSeconds: 1.5)
    }

    @Test func report() {
        let score = ScoreReport(
            reason: .series, predictions: 1, issued: 2, usedInTime: 3, usedLate: 4, unused: 5,
            inFlight: 6, accuracy: 0.5, precision: 0.25, recall: 0.125, trust: "full")
        let report = ForesightReport(
            strategy: .aggressive, isFixed: true, restraint: "busy", rateMax: ByteCount(9),
            streams: [stream],
            scores: [score], coverage: 0.75, trafficRatio: 1.5)
        let status = ForesightStatus(report) { $0.value == 7 ? RelativePath(["a"]) : nil }
        #expect(
            status
                == ForesightStatus(
                    strategy: "aggressive", pinned: true, restraint: "busy",
                    limitBytesPerSecond: 9, coverage: 0.75,
                    trafficRatio: 1.5, streams: [wire],
                    scores: [
                        ScoreStatus(
                            reason: "series", predictions: 1, issuedBytes: 2, usedInTimeBytes: 3,
                            usedLateBytes: 4, unusedBytes: 5, inFlightBytes: 6, accuracy: 0.5,
                            precision: 0.25, recall: 0.125, standing: "full")
                    ]))
    }

    @Test func figuresThatAreNoNumbersDoNotCostTheAnswer() throws {
        var stream = stream
        stream.rate = .infinity
        stream.confidence = .nan
        let score = ScoreReport(
            reason: .sweep, predictions: 0, issued: 0, usedInTime: 0, usedLate: 0, unused: 0,
            inFlight: 0, accuracy: .nan, precision: .infinity, recall: nil, trust: "off")
        let report = ForesightReport(
            strategy: .balanced, isFixed: false, restraint: nil, streams: [stream],
            scores: [score], coverage: .nan, trafficRatio: .infinity)
        let status = ForesightStatus(report) { _ in nil }
        _ = try WireFormat.line(status)
        #expect(status.scores[0].accuracy == nil)
        #expect(status.streams[0].path == nil)
    }

    @Test func explanation() {
        let explanation = FileExplanation(
            opens: 1, reads: 2, pattern: "random", confidence: 0.5, consistency: 0.25,
            randomness: 0.75, streams: [stream],
            decisions: [
                .init(
                    at: .seconds(8), reason: .strided, because: "hot", range: 5..<9, issued: 4,
                    used: 3, outcome: "used")
            ], sweep: "second of 9")
        let seen = ExplanationReport.Seen(
            explanation, path: RelativePath(["a"]), now: .seconds(10))
        #expect(
            seen
                == ExplanationReport.Seen(
                    opens: 1, reads: 2, pattern: "random", confidence: 0.5, consistency: 0.25,
                    randomness: 0.75, sweep: "second of 9", streams: [wire],
                    decisions: [
                        .init(
                            secondsAgo: 2, reason: "strided", because: "hot", startBytes: 5,
                            endBytes: 9, issuedBytes: 4, usedBytes: 3, outcome: "used")
                    ]))
    }

    @Test func whatTheViewKnowsOfAFile() {
        func file(_ kind: FileKind, size: Int64, _ name: Name) -> ExplanationReport.File {
            ExplanationReport.File(
                FileAttributes(inode: 1, mode: kind.rawValue, size: size)
            ) {
                let finding = ContentRules.usual.finding(of: RelativePath([name]), size: size)
                return KnownContent(
                    finding: finding, chunkSize: 4096, compression: .probe,
                    prefetchThreshold: 0.5, tier: .storage)
            }
        }
        #expect(
            file(.regular, size: 5, "a.mkv")
                == .init(
                    kind: .file, sizeBytes: 5, contentType: "media", chunkBytes: 4096,
                    recognisedBy: "extension", compression: "probe", prefetchThreshold: 0.5,
                    tier: "storage"))
        #expect(file(.directory, size: 4096, "a") == .init(kind: .folder, sizeBytes: 0))
        #expect(file(.symbolicLink, size: 3, "a") == .init(kind: .link, sizeBytes: 3))
        #expect(file(.fifo, size: 0, "a") == .init(kind: .other, sizeBytes: 0))
    }

    // MARK: Records

    private func record(
        _ sequence: UInt64, _ operation: AccessRecord.Operation, file: UInt64,
        program: String = "cat"
    ) -> AccessRecord {
        var record = AccessRecord(
            at: .microseconds(1_500_000), operation: operation, file: FileNumber(file), offset: 1,
            length: 2,
            reader: Reader(userID: 3, processID: 4, handle: 5, program: program), source: .disk,
            duration: .microseconds(6))
        record.sequence = sequence
        return record
    }

    private func batch(
        _ records: [AccessRecord], pathBytesMax: Int = AccessBatch.pathBytesMax,
        _ file: (FileNumber) -> KnownFile?
    ) -> AccessBatch {
        var batch = AccessBatch(pid: 1, nowMicroseconds: 2, newest: 3)
        batch.append(records, pathBytesMax: pathBytesMax, file: file)
        return batch
    }

    private func known(_ name: Name, _ kind: FileKind = .regular) -> KnownFile {
        KnownFile(
            path: RelativePath([name]),
            attributes: FileAttributes(inode: 1, mode: kind.rawValue, size: 9))
    }

    @Test func recordsNameEachFileAndReaderOnce() {
        let found = batch([
            record(1, .open, file: 8), record(2, .read, file: 8),
            record(3, .list, file: 1, program: "ls"), record(4, .lookup, file: 9),
            record(5, .list, file: 10), record(6, .close, file: 8),
        ]) { number in
            switch number.value {
            case 8: known("a")
            case 1: known("d", .directory)
            default: nil
            }
        }
        #expect(
            found.files == [
                .init(number: 8, path: RelativePath(["a"]), folder: false, sizeBytes: 9),
                .init(number: 1, path: RelativePath(["d"]), folder: true, sizeBytes: 0),
                .init(number: 9, path: nil, folder: false, sizeBytes: 0),
                .init(number: 10, path: nil, folder: true, sizeBytes: 0),
            ])
        #expect(found.readers.map(\.program) == ["cat", "ls"])
        #expect(found.records.map(\.reader) == [0, 0, 1, 0, 0, 0])
        #expect(found.records.map(\.operation) == [.open, .read, .list, .lookup, .list, .close])
        #expect(
            found.records[1]
                == .init(
                    sequence: 2, arrivedMicroseconds: 1_500_000, operation: .read, file: 8,
                    offset: 1, length: 2, reader: 0, handle: 5, source: "disk",
                    durationMicroseconds: 6))
    }

    @Test func longPathsTakeSeveralAnswers() {
        let records = (1...5).map { record(UInt64($0), .lookup, file: UInt64($0)) }
        // Six bytes of JSON each, at most.
        #expect(batch(records, pathBytesMax: 12) { _ in known("x") }.records.count == 2)
        #expect(batch(records, pathBytesMax: 0) { _ in known("x") }.records.count == 1)
        #expect(batch(records) { _ in known("x") }.records.count == 5)
        #expect(batch([]) { _ in known("x") }.records.isEmpty)
    }
}
