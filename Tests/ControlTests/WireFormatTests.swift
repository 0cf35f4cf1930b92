import Control
import Model
import Testing

@Suite struct WireFormatTests {
    /// Frozen: an installed `larder` must understand the daemon that an older one started.
    @Test func requestsLookAsDocumented() throws {
        #expect(
            try text(WireFormat.line(ControlRequest.status))
                == #"{"command":"status","version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.sleep))
                == #"{"command":"sleep","version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.wake))
                == #"{"command":"wake","version":1}"# + "\n")
        let paths = [WirePath(RelativePath(["a b", "c\n"])), WirePath(RelativePath())]
        #expect(
            try text(WireFormat.line(ControlRequest.evict(paths)))
                == #"{"command":"evict","paths":["a b/c\n",""],"version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.explain(paths[0])))
                == #"{"command":"explain","path":"a b/c\n","version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.records(after: .max, max: 4096)))
                == #"{"after":18446744073709551615,"command":"records","max":4096,"version":1}"#
                + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.configuration))
                == #"{"command":"configuration","version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.reload))
                == #"{"command":"reload","version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.offline))
                == #"{"command":"offline","version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.known(paths[1], after: nil)))
                == #"{"command":"known","path":"","version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.known(paths[0], after: "x")))
                == #"{"after":"x","command":"known","path":"a b/c\n","version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.cached(paths[1], .disk, after: 17)))
                == #"{"after":17,"command":"cached","path":"","tier":"disk","version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.refresh(paths)))
                == #"{"command":"refresh","paths":["a b/c\n",""],"version":1}"# + "\n")
        #expect(
            try text(WireFormat.line(ControlRequest.verify(paths[1], after: 5, sums: true)))
                == #"{"after":5,"command":"verify","path":"","sums":true,"version":1}"# + "\n")
    }

    /// Priorities came later: a daemon that knows none, and a command that does, go on with each other, and the other way round.
    @Test func pinsLookAsDocumented() throws {
        let path = RelativePath(["a"])
        func request(_ priority: PinPriority?) throws -> String {
            let request = ControlRequest.pin(WirePath(path), bytes: 7, priority: priority)
            return text(try WireFormat.line(request))
        }
        let older = #"{"bytes":7,"command":"pin","path":"a","version":1}"#
        #expect(try request(nil) == older + "\n")
        #expect(
            try request(.high)
                == #"{"bytes":7,"command":"pin","path":"a","priority":"high","version":1}"# + "\n")
        #expect(
            try WireFormat.decode(ControlRequest.self, from: Array(older.utf8))
                == .pin(WirePath(path), bytes: 7, priority: nil))

        let progress = PinReport.Progress(
            isAtWork: false, isComplete: true, files: 1, bytes: 7, fetchedBytes: 0, failures: 0,
            tooManyFiles: 0)
        func report(_ priority: PinPriority?) -> PinReport {
            let pin = PinReport.Pin(path: path, bytes: 7, priority: priority)
            return PinReport(
                pins: [pin], limitBytes: 9, wasLost: false, covering: priority.map { _ in pin },
                progress: progress)
        }
        let rest = """
            "limitBytes":9,"pins":[{"bytes":7,"path":"a"}],"progress":{"bytes":7,"failures":0,\
            "fetchedBytes":0,"files":1,"isAtWork":false,"isComplete":true,"tooManyFiles":0},\
            "wasLost":false}
            """
        let olderReport = #"{"changed":[],"count":1,"# + rest
        #expect(text(Array(try WireFormat.encode(report(nil)))) == olderReport)
        #expect(
            try WireFormat.decode(PinReport.self, from: Array(olderReport.utf8)) == report(nil))
        let pin = #"{"bytes":7,"path":"a","priority":"low"}"#
        let expected = olderReport.replacing(#"{"bytes":7,"path":"a"}"#, with: pin)
            .replacing(#""count":1,"#, with: #""count":1,"covering":\#(pin),"#)
        #expect(text(Array(try WireFormat.encode(report(.low)))) == expected)
        #expect(try WireFormat.decode(PinReport.self, from: Array(expected.utf8)) == report(.low))
    }

    @Test func requestsSurviveTheWay() throws {
        let requests: [ControlRequest] = [
            .status, .sleep, .wake, .evict([]),
            .evict([WirePath(RelativePath(["ä", "\u{1}\"\\"]))]),
            .explain(WirePath(RelativePath([Name([0xFF])]))), .records(after: 0, max: 0),
            .records(after: .max, max: ControlRequest.recordsMax), .configuration, .reload,
            .pin(WirePath(RelativePath([Name([0xFF])])), bytes: 1 << 40, priority: .low),
            .pin(WirePath(RelativePath()), bytes: 0, priority: nil),
            .unpin(WirePath(RelativePath([]))), .pins,
            .offline, .online,
            .known(WirePath(RelativePath()), after: Name([0xFF])), .refresh([]),
            .cached(WirePath(RelativePath(["a"])), .memory, after: .max),
            .verify(WirePath(RelativePath(["a"])), after: 0, sums: false),
            .history(WirePath(RelativePath([Name([0xFF])]))),
            .forgetHistory(WirePath(RelativePath())), .forecast(hours: 1),
            .forecast(hours: ForecastReport.hoursMax), .warmPlan,
            .verify(WirePath(RelativePath()), after: .min, sums: true),
        ]
        for request in requests {
            let line = try WireFormat.line(request).dropLast()
            #expect(!line.contains(UInt8(ascii: "\n")))
            #expect(try WireFormat.decode(ControlRequest.self, from: Array(line)) == request)
        }
    }

    @Test func namesThatAreNoUTF8PassUnharmed() throws {
        let path = WirePath(RelativePath([Name([0x66, 0xFF, 0xC3]), "x"]))
        let line = try WireFormat.line(ControlRequest.evict([path]))
        #expect(text(line).contains("[102,255,195,47,120]"))
        #expect(
            try WireFormat.decode(ControlRequest.self, from: Array(line.dropLast()))
                == .evict([path]))
    }

    @Test(arguments: [
        "", "{}", "[]", "nonsense", #"{"command":"status"}"#,
        #"{"command":"status","version":2}"#, #"{"command":"format","version":1}"#,
        #"{"command":"evict","version":1}"#, #"{"command":"evict","paths":["a/../b"],"version":1}"#,
        #"{"command":"evict","paths":["a\u0000b"],"version":1}"#,
        #"{"command":"evict","paths":[[1,2,300]],"version":1}"#,
        #"{"command":"explain","version":1}"#,
        #"{"command":"explain","path":"../a","version":1}"#,
        #"{"after":0,"command":"records","version":1}"#,
        #"{"command":"forecast","hours":0,"version":1}"#,
        #"{"command":"forecast","hours":169,"version":1}"#,
        #"{"after":0,"command":"records","max":4097,"version":1}"#,
        #"{"after":0,"command":"records","max":-1,"version":1}"#,
        #"{"after":-1,"command":"records","max":1,"version":1}"#,
        #"{"command":"known","version":1}"#, #"{"command":"known","path":"a/..","version":1}"#,
        #"{"after":0,"command":"cached","path":"","tier":"tape","version":1}"#,
        #"{"command":"cached","path":"","tier":"disk","version":1}"#,
        #"{"command":"refresh","version":1}"#,
        #"{"bytes":7,"command":"pin","path":"a","priority":"most","version":1}"#,
    ])
    func refusesWhatIsNoRequest(line: String) {
        #expect(throws: (any Error).self) {
            try WireFormat.decode(ControlRequest.self, from: Array(line.utf8))
        }
    }

    @Test func boundsThePathsOfOneRequest() throws {
        let path = WirePath(RelativePath(["x"]))
        let most = ControlRequest.evict(Array(repeating: path, count: ControlRequest.pathsMax))
        let line = try WireFormat.line(most).dropLast()
        #expect(try WireFormat.decode(ControlRequest.self, from: Array(line)) == most)
        let more = ControlRequest.evict(Array(repeating: path, count: ControlRequest.pathsMax + 1))
        #expect(throws: (any Error).self) {
            try WireFormat.decode(
                ControlRequest.self, from: Array(try WireFormat.line(more).dropLast()))
        }
    }

    @Test func answersSurviveTheWay() throws {
        let configuration = MountConfiguration(
            sharePath: "/mnt/nas", viewPath: "/home/me/nas", cacheDirectory: "/var/cache/larder")
        var report = StatusReport(
            configuration, program: "larder 0", pid: 1, uptimeSeconds: 1.5,
            state: .shareUnreachable, reason: "EIO", troubleSeconds: 3)
        report.tiers = [StatusReport.Tier(name: "memory", bytes: 1, limitBytes: 2, entries: 3)]
        report.share = StatusReport.Share(reads: 1, roundTripMilliseconds: 8.25)
        report.namespace = StatusReport.Namespace(knownFiles: 1, lookups: 2, listingsAhead: 3)
        let evicted = EvictionReport(path: RelativePath(["a"]), files: 1, chunks: 2, bytes: 3)
        let option = ConfigurationReport.Option(
            name: "memory", section: "tiers", value: "1G", origin: .commandLine, line: 3,
            reloaded: true, live: true, afterRemount: "2G")
        var reload = ReloadReport(.applied, file: "/etc/larder/nas.toml")
        reload.changed = [.init(option: "uid", before: nil, after: "1000")]
        var verification = VerificationBatch()
        verification.damaged = [.init(path: RelativePath(["a"]), blocks: 2)]
        verification.contents = [
            .init(
                path: RelativePath(["b"]),
                fingerprint: Fingerprint(size: 9, modified: Timestamp(seconds: 1)),
                blocks: [[0, 9, .max]])
        ]
        verification.next = 1 << 40
        let answers: [ControlResponse] = [
            .status(report), .evicted([evicted]), .failed("no"), .reloaded(reload),
            .configuration(ConfigurationReport(viewPath: "/v", file: "/f", options: [option])),
            .known(
                KnownBatch(
                    .partial,
                    entries: [
                        .init(
                            name: Name([0xFF]), kind: .file, sizeBytes: 5,
                            modified: Timestamp(seconds: -1, nanoseconds: 7))
                    ], next: "b")),
            .cached(
                CachedBatch(
                    files: [
                        .init(
                            path: RelativePath(["a"]), version: 3,
                            fingerprint: Fingerprint(
                                size: 9, modified: Timestamp(seconds: 1),
                                strict: .init(changed: Timestamp(seconds: 2), inode: 4)),
                            cachedBytes: 8, inMemoryToo: 7)
                    ], next: 1 << 40)),
            .refreshed([RefreshReport(path: RelativePath(["a"]), known: 2)]),
            .verified(verification),
        ]
        for answer in answers {
            let line = try WireFormat.line(answer)
            #expect(line.last == UInt8(ascii: "\n"))
            #expect(
                try WireFormat.decode(ControlResponse.self, from: Array(line.dropLast())) == answer)
        }
    }

    @Test func namesLookAsDocumented() throws {
        let names = StatusReport.Namespace(
            knownFiles: 1, listings: 2, revalidations: 3, lookups: 4, cachedLookups: 5,
            listingsOpened: 6, cachedListings: 7, listingsAhead: 8, refusedEntries: 9,
            unreadableEntries: 10)
        #expect(
            text(Array(try WireFormat.encode(names))) == """
                {"cachedListings":7,"cachedLookups":5,"knownFiles":1,"listings":2,"listingsAhead":8,\
                "listingsOpened":6,"lookups":4,"refusedEntries":9,"revalidations":3,\
                "unreadableEntries":10}
                """)
        // From a daemon that an older larder started.
        let older = #"{"knownFiles":1,"listings":2,"revalidations":3}"#
        #expect(
            try WireFormat.decode(StatusReport.Namespace.self, from: Array(older.utf8))
                == StatusReport.Namespace(knownFiles: 1, listings: 2, revalidations: 3))
    }

    /// A name of a folder takes one array and no keys: there are thousands.
    @Test func knownNamesLookAsDocumented() throws {
        let entry = KnownBatch.Entry(
            name: "a", kind: .folder, sizeBytes: 0,
            modified: Timestamp(seconds: 1700, nanoseconds: 5))
        #expect(
            text(Array(try WireFormat.encode(KnownBatch(.complete, entries: [entry]))))
                == #"{"entries":[["a","d",0,1700,5]],"knowledge":"complete"}"#)
        let file = KnownBatch.Entry(
            name: "b", kind: .file, sizeBytes: 7, modified: Timestamp(seconds: 1),
            contentType: .userData)
        let line = Array(try WireFormat.encode(KnownBatch(.complete, entries: [file])))
        #expect(
            text(line) == #"{"entries":[["b","f",7,1,0,4]],"knowledge":"complete"}"#)
        #expect(try WireFormat.decode(KnownBatch.self, from: line).entries == [file])
    }

    /// Names and paths of the worst kind: an answer is never more than a client reads.
    @Test func theLargestPageOfNamesFitsAnAnswer() throws {
        let name = Name([UInt8](repeating: 1, count: Name.bytesMax))
        let entry = KnownBatch.Entry(
            name: name, kind: .file, sizeBytes: .max, modified: Timestamp(seconds: .max),
            contentType: .userData)
        let page = KnownBatch(.complete, entries: Array(repeating: entry, count: 4096), next: name)
        let line = try WireFormat.line(ControlResponse.known(page))
        #expect(line.count < WireFormat.answerBytesMax)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
