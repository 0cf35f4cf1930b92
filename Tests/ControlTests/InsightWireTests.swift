import Control
import Model
import Testing

/// Frozen: fields are added, never renamed, never given another meaning.
@Suite struct InsightWireTests {
    private let stream = StreamStatus(
        path: RelativePath(["films", "a.mkv"]), program: "mpv", pattern: "strided",
        confidence: 0.75, positionBytes: 10, sizeBytes: 100, strideBytes: 5, windowBytes: 20,
        aheadBytes: 15, bytesPerSecond: 2.5, reads: 7, idleSeconds: 0.5)
    private let streamText = """
        {"aheadBytes":15,"bytesPerSecond":2.5,"confidence":0.75,"idleSeconds":0.5,\
        "path":"films/a.mkv","pattern":"strided","positionBytes":10,"program":"mpv","reads":7,\
        "sizeBytes":100,"strideBytes":5,"windowBytes":20}
        """

    private func text(_ message: some Encodable) throws -> String {
        String(decoding: try WireFormat.encode(message), as: UTF8.self)
    }

    private func expectRoundTrip(_ answer: ControlResponse) throws {
        let line = try WireFormat.line(answer)
        #expect(try WireFormat.decode(ControlResponse.self, from: Array(line.dropLast())) == answer)
    }

    @Test func foresight() throws {
        let score = ScoreStatus(
            reason: "sequential", predictions: 1, issuedBytes: 2, usedInTimeBytes: 3,
            usedLateBytes: 4, unusedBytes: 5, inFlightBytes: 6, accuracy: 0.5, precision: 0.25,
            standing: "capped")
        let foresight = ForesightStatus(
            strategy: "balanced", pinned: true, restraint: "busy", coverage: 0.5,
            trafficRatio: 1.25, streams: [stream], scores: [score])
        #expect(
            try text(foresight) == """
                {"coverage":0.5,"pinned":true,"restraint":"busy","scores":[{"accuracy":0.5,\
                "inFlightBytes":6,"issuedBytes":2,"precision":0.25,"predictions":1,\
                "reason":"sequential","standing":"capped","unusedBytes":5,"usedInTimeBytes":3,\
                "usedLateBytes":4}],"strategy":"balanced","streams":[\(streamText)],\
                "trafficRatio":1.25}
                """)
        var report = StatusReport(
            MountConfiguration(sharePath: "/s", viewPath: "/v", cacheDirectory: "/c"),
            program: "larder 0", pid: 1, uptimeSeconds: 1)
        report.foresight = foresight
        try expectRoundTrip(.status(report))
    }

    @Test func anOlderDaemonSaysNothingOfForesight() throws {
        let report = StatusReport(
            MountConfiguration(sharePath: "/s", viewPath: "/v", cacheDirectory: "/c"),
            program: "larder 0", pid: 1, uptimeSeconds: 1)
        #expect(try !text(report).contains("foresight"))
        try expectRoundTrip(.status(report))
    }

    @Test func explanation() throws {
        let seen = ExplanationReport.Seen(
            opens: 1, reads: 2, pattern: "sequential", confidence: 0.5, consistency: 0.25,
            randomness: 0.125, sweep: "third of 12",
            streams: [stream],
            decisions: [
                .init(
                    secondsAgo: 1.5, reason: "sequential", because: "forward, 12 reads",
                    startBytes: 1, endBytes: 9, issuedBytes: 8, usedBytes: 4, outcome: "used")
            ])
        let report = ExplanationReport(
            path: RelativePath(["a"]),
            file: .init(
                kind: .file, sizeBytes: 9, contentType: "media", chunkBytes: 1024,
                recognisedBy: "pattern", recognisedAs: "*.x", compression: "never",
                prefetchThreshold: 0.5, tier: "disk"),
            seen: seen)
        #expect(
            try text(ControlResponse.explained(report)) == """
                {"explained":{"file":{"chunkBytes":1024,"compression":"never",\
                "contentType":"media","kind":"file","prefetchThreshold":0.5,\
                "recognisedAs":"*.x","recognisedBy":"pattern","sizeBytes":9,\
                "tier":"disk"},"path":"a","seen":{"confidence":0.5,"consistency":0.25,\
                "decisions":[{"because":"forward, 12 reads","endBytes":9,"issuedBytes":8,\
                "outcome":"used","reason":"sequential","secondsAgo":1.5,"startBytes":1,\
                "usedBytes":4}],"opens":1,"pattern":"sequential","randomness":0.125,"reads":2,\
                "streams":[\(streamText)],"sweep":"third of 12"},"version":1},"version":1}
                """)
        try expectRoundTrip(.explained(report))
        try expectRoundTrip(.explained(ExplanationReport(path: RelativePath())))
    }

    @Test func accesses() throws {
        let batch = AccessBatch(
            pid: 9, nowMicroseconds: 2_000_000, newest: 17, lost: 3,
            readers: [.init(program: "mpv", pid: 42, userID: 1000)],
            files: [
                .init(number: 4, path: RelativePath(["a"]), folder: false, sizeBytes: 9),
                .init(number: .max, path: nil, folder: true, sizeBytes: 0),
            ],
            records: [
                .init(
                    sequence: 17, arrivedMicroseconds: 1_500_000, operation: .read, file: 4,
                    offset: 1, length: 131_072, reader: 0, handle: 8, source: "share",
                    durationMicroseconds: 8200)
            ])
        #expect(
            try text(ControlResponse.accesses(batch)) == """
                {"accesses":{"files":[{"folder":false,"number":4,"path":"a","sizeBytes":9},\
                {"folder":true,"number":18446744073709551615,"sizeBytes":0}],"lost":3,\
                "newest":17,"nowMicroseconds":2000000,"pid":9,"readers":[{"pid":42,\
                "program":"mpv","userID":1000}],"records":[[17,1500000,"R",4,1,131072,0,8,\
                "share",8200]]},"version":1}
                """)
        try expectRoundTrip(.accesses(batch))
    }

    @Test func recordsMayGrowAtTheirEnd() throws {
        let row = Array(#"[1,2,"S",3,0,0,0,0,"none",4,"more",[5]]"#.utf8)
        let record = try WireFormat.decode(AccessBatch.Record.self, from: row)
        #expect(
            record
                == .init(
                    sequence: 1, arrivedMicroseconds: 2, operation: .lookup, file: 3,
                    durationMicroseconds: 4))
        for bad in [#"[1,2,"X",3,0,0,0,0,"none",4]"#, #"[1,2,"S"]"#, "{}"] {
            #expect(throws: (any Error).self) {
                try WireFormat.decode(AccessBatch.Record.self, from: Array(bad.utf8))
            }
        }
    }

    /// The most that one answer may carry stays within what a client takes.
    @Test func aFullBatchFitsAnAnswer() throws {
        var batch = AccessBatch(pid: 1, nowMicroseconds: .max, newest: .max)
        for number in 0..<ControlRequest.recordsMax {
            batch.readers.append(
                .init(program: String(repeating: "\u{1}", count: 15), pid: .max, userID: .max))
            batch.files.append(
                .init(number: .max, path: nil, folder: false, sizeBytes: .max))
            batch.records.append(
                .init(
                    sequence: .max, arrivedMicroseconds: .max, operation: .read, file: .max,
                    offset: .max, length: .max, reader: number, handle: .max, source: "memory",
                    durationMicroseconds: .max))
        }
        let bytes = try WireFormat.line(ControlResponse.accesses(batch)).count
        #expect(bytes <= WireFormat.answerBytesMax / 2)
    }
}
