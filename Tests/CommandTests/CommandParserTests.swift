import Foresight
import Model
import Replay
import Testing

@testable import larder

@Suite struct CommandParserTests {
    private func parse(_ words: String...) throws(CommandError) -> Command {
        try CommandParser.parse(words.map { Array($0.utf8) })
    }

    private func message(_ words: [String]) -> (ExitCode, String)? {
        do throws(CommandError) {
            _ = try CommandParser.parse(words.map { Array($0.utf8) })
            return nil
        } catch {
            return (error.code, error.message)
        }
    }

    @Test func understandsEachCommand() throws {
        guard case .mount(let request) = try parse("mount", "/s", "-o", "memory=1G", "/v") else {
            Issue.record("no mount")
            return
        }
        #expect(request.configuration.sharePath == "/s")
        #expect(request.configuration.viewPath == "/v")
        #expect(request.configuration.memoryLimit == .gibibytes(1))
        #expect(!request.background)
        #expect(try parse("unmount", "/v") == .unmount(view: "/v", lazy: false))
        #expect(try parse("umount", "--lazy", "/v") == .unmount(view: "/v", lazy: true))
        #expect(try parse("status") == .status(view: nil, json: false))
        #expect(try parse("status", "/v", "--json") == .status(view: "/v", json: true))
        #expect(try parse("evict", "a", "b") == .evict([Array("a".utf8), Array("b".utf8)]))
        #expect(try parse("explain", "a") == .explain(Array("a".utf8), json: false))
        #expect(
            try parse("explain", "--json", "--", "-a") == .explain(Array("-a".utf8), json: true))
        let (a, b) = (Array("a".utf8), Array("b".utf8))
        #expect(try parse("ls", "a", "b") == .ls(LsRequest(paths: [a, b])))
        #expect(
            try parse("ls", "-R", "--json", "a")
                == .ls(LsRequest(paths: [a], isRecursive: true, json: true)))
        #expect(message(["ls"])?.0 == .usage)
        #expect(try parse("refresh") == .refresh([]))
        #expect(try parse("refresh", "a", "b") == .refresh([a, b]))
        #expect(try parse("pin", "a", "b") == .pin(PinRequest(paths: [a, b])))
        #expect(
            try parse("pin", "--priority", "high", "a")
                == .pin(PinRequest(paths: [a], priority: .high)))
        #expect(try parse("pin", "--json") == .pin(PinRequest(json: true)))
        for wrong in [
            ["pin", "--json", "a"], ["pin", "--priority=high"], ["pin", "--priority", "most", "a"],
        ] {
            #expect(message(wrong)?.0 == .usage)
        }
        #expect(try parse("warm", "a", "b") == .warm(WarmRequest(paths: [a, b])))
        #expect(
            try parse("warm", "-0", "--list", "-") == .warm(WarmRequest(list: "-", isNul: true)))
        for wrong in [["warm"], ["warm", "a", "--list", "b"], ["warm", "-0", "a"]] {
            #expect(message(wrong)?.0 == .usage)
        }
        #expect(try parse("verify") == .verify(VerifyRequest()))
        #expect(
            try parse("verify", "--against-share", "a")
                == .verify(VerifyRequest(paths: [a], againstShare: true)))
        #expect(try parse("top") == .top(TopRequest()))
        let slow = TopRequest(view: "/v", interval: .milliseconds(2500), once: true)
        #expect(try parse("top", "/v", "--once", "--interval", "2.5s") == .top(slow))
        #expect(try parse("top", "--interval=2500ms", "/v", "--once") == .top(slow))
        #expect(
            try parse("record", "/v", "-o", "t.csv")
                == .record(RecordRequest(view: "/v", output: "t.csv")))
        #expect(
            try parse("record", "-o-", "--names=hashed", "--duration", "1m", "/v")
                == .record(
                    RecordRequest(view: "/v", names: .hashed, duration: .seconds(60))))
        #expect(
            try parse("record", "--output", "-", "--names", "none", "/v")
                == .record(RecordRequest(view: "/v", names: .none)))
        #expect(try parse("--version") == .version)
        #expect(try parse("list") == .list(json: false))
        #expect(try parse("list", "--json") == .list(json: true))
        #expect(message(["list", "/v"])?.0 == .usage)
    }

    @Test func doctorTakesAMountOrAViewOrNothing() throws {
        var request = DoctorRequest()
        #expect(try parse("doctor") == .doctor(request))
        request.json = true
        request.subject = .view("/v")
        #expect(try parse("doctor", "/v", "--json") == .doctor(request))
        guard
            case .doctor(let planned) = try parse(
                "doctor", "--measure", "-o", "disk=20G,ro", "-ocache=/c", "/s", "/v")
        else {
            Issue.record("no doctor")
            return
        }
        #expect(planned.subject == .planned(share: "/s", view: "/v"))
        #expect(planned.measure && !planned.json)
        #expect(planned.options.diskLimit == .gibibytes(20) && planned.options.isReadOnly)
        #expect(planned.options.cacheDirectory == "/c")
        #expect(message(["doctor", "a", "b", "c"])?.0 == .usage)
        #expect(message(["doctor", "a", "-o", "ro"])?.0 == .usage)
        #expect(message(["doctor", "--measur"])?.1.contains("--measure") == true)
        #expect(
            try parse(Survey.commandName, "--", "look", "/s") == .survey(Survey(.look, "/s")))
        #expect(message([Survey.commandName, "nonsense", "/s"])?.0 == .usage)
    }

    @Test func replayTakesTracesAndWhatToDoWithThem() throws {
        guard
            case .replay(let request) = try parse(
                "replay", "a.csv", "--memory=64M", "--chunk", "64K", "--strategy", "conservative",
                "--share", "20ms,10MB", "--method", "foresight,none,belady", "b", "--json")
        else {
            Issue.record("no replay")
            return
        }
        #expect(request.traces == ["a.csv", "b"])
        #expect(request.memory == 64 << 20)
        #expect(request.chunk == 64 << 10)
        #expect(request.strategy == .conservative)
        #expect(request.share == ShareModel(roundTrip: 20_000_000, bandwidth: 10e6))
        #expect(request.methods == [.foresight, .none])
        #expect(request.policies == [.belady])
        #expect(request.json)
    }

    @Test func replayOfCorrelationsLeavesTheOtherTablesOut() throws {
        guard
            case .replay(let request) = try parse(
                "replay", "a.csv", "--correlations", "--cache-percent", "25")
        else {
            Issue.record("no replay")
            return
        }
        #expect(request.settings.correlations == CorrelationSettings(cachePercent: 25))
        #expect(request.settings.methods.isEmpty)
        #expect(request.settings.policies.isEmpty)
        #expect(ReplayRequest().settings.correlations == nil)
    }

    @Test func replayOfHouseholdsNeedsNoTrace() throws {
        guard
            case .replay(let request) = try parse(
                "replay", "--household", "--seeds", "5", "--seed=101")
        else {
            Issue.record("no replay")
            return
        }
        #expect(request.household)
        #expect(request.households == 5)
        #expect(request.firstSeed == 101)
        #expect(request.traces.isEmpty)
    }

    @Test func helpIsEverywhere() throws {
        #expect(try parse("--help") == .help(nil))
        #expect(try parse("help") == .help(nil))
        #expect(try parse("help", "evict") == .help(.evict))
        for name in CommandName.allCases {
            #expect(try parse(name.rawValue, "x", "--help") == .help(name))
            #expect(HelpText.text(name).contains("Usage: larder \(name.rawValue)"))
            #expect(HelpText.text(name).contains("Exit codes"))
            #expect(HelpText.text(nil).contains("larder \(name.rawValue)"))
        }
        // Behind `--`, it is a name.
        #expect(try parse("evict", "--", "--help") == .evict([Array("--help".utf8)]))
    }

    @Test func optionsMayBeWrittenAsMountDoes() throws {
        let all = [
            ["mount", "-omemory=1G", "-o", "disk=0,lanes=4", "/s", "/v", "--background"],
            ["mount", "/s", "/v", "--background", "-o", "memory=1G,disk=0", "-olanes=4"],
            ["mount", "--options=memory=1G,lanes=4,disk=0", "--background", "--", "/s", "/v"],
        ]
        for words in all {
            guard case .mount(let request) = try CommandParser.parse(words.map { Array($0.utf8) })
            else {
                Issue.record("no mount: \(words)")
                continue
            }
            #expect(request.configuration.memoryLimit == .gibibytes(1))
            #expect(request.configuration.diskLimit.bytes == 0)
            #expect(request.configuration.lanes == 4)
            #expect(request.background)
        }
    }

    @Test(
        arguments: [
            ([], "what to do?"), (["mont"], "did you mean 'mount'?"), (["frobnicate"], "commands:"),
            (["-x"], "a command comes first"), (["mount"], "needs a share and a view"),
            (["mount", "/s"], "needs a share and a view"),
            (["mount", "a", "b", "c"], "'c' is too much"),
            (["mount", "", "b"], "a path is empty"), (["mount", "a", "b", "-o"], "needs a value"),
            (["mount", "a", "b", "--backgroud"], "did you mean '--background'?"),
            (["mount", "a", "b", "--background=1"], "takes no value"),
            (["unmount"], "takes one view"),
            (["unmount", "a", "b"], "takes one view"), (["status", "a", "b"], "takes one view"),
            (["status", "--jsn"], "did you mean '--json'?"), (["evict"], "needs the paths"),
            (["evict", "-r", "a"], "unknown option '-r'"),
            (["explain"], "takes one path"), (["explain", ""], "takes one path"),
            (["explain", "a", "b"], "takes one path"),
            (["explain", "a", "--jsn"], "did you mean '--json'?"),
            (["top", "a", "b"], "takes one view"), (["top", "--once=1"], "takes no value"),
            (["top", "--interval"], "needs a value"),
            (["top", "--interval", "10ms"], "100ms to 1h"),
            (["top", "--interval", "soon"], "not 'soon'"),
            (["top", "-n", "1"], "unknown option '-n'"), (["record", "/v"], "-o trace.csv"),
            (["record", "-o", "x"], "takes one view"),
            (["record", "/v", "/w", "-o", "x"], "takes one view"),
            (["record", "/v", "-o", ""], "the trace needs a file"),
            (["record", "/v", "-o", "x", "--names", "some"], "full, hashed or none"),
            (["record", "/v", "-o", "x", "--duration", "0s"], "60s or 5m"),
            (["record", "/v", "-o", "x", "--durtion", "1s"], "did you mean '--duration'?"),
            (["replay"], "needs a trace"), (["replay", "t", "--memory=1K"], "between 1M and 1T"),
            (["replay", "t", "--chunk=5000"], "power of two"),
            (["replay", "t", "--strategy=bold"], "unknown strategy 'bold'"),
            (["replay", "t", "--method=foresigt"], "did you mean 'foresight'?"),
            (["replay", "t", "--share=8ms"], "round trip"),
            (["replay", "t", "--correlations", "--cache-percent=0"], "from 1 to 100"),
            (["replay", "t", "--cache-percent=5"], "is for --correlations"),
            (["replay", "t", "--household"], "replays no trace"),
            (["replay", "--household", "--json"], "--json is not for --household"),
            (["replay", "t", "--seeds=5"], "--seeds is for --household"),
            (["replay", "--household", "--seeds=0"], "from 1 to 1000"),
            (["replay", "--household", "--seed=x"], "from 0 to"),
            (["help", "mout"], "did you mean 'mount'?"),
        ] as [([String], String)])
    func saysWhatIsWrong(words: [String], part: String) throws {
        let (code, text) = try #require(message(words))
        #expect(code == .usage)
        #expect(text.contains(part), "\(text)")
    }

    @Test func pathsToEvictNeedNotBeUTF8() throws {
        let odd: [UInt8] = [0x2F, 0xFF, 0xC3]
        #expect(try CommandParser.parse([Array("evict".utf8), odd]) == .evict([odd]))
        #expect(
            try CommandParser.parse([Array("explain".utf8), odd]) == .explain(odd, json: false))
        #expect(throws: CommandError.self) {
            try CommandParser.parse([Array("mount".utf8), odd, Array("/v".utf8)])
        }
    }
}
