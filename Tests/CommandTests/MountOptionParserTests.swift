import Model
import Testing

@testable import larder

@Suite struct MountOptionParserTests {
    private func configuration(_ texts: String...) throws -> MountConfiguration {
        try MountOptionParser.parse(texts).configuration
    }

    @Test func readsEachOption() throws {
        let all = try configuration(
            "cache=/c d,memory=1GiB,disk=2G,readahead=64M,allow_other,consistency=eventual",
            "timeout=5s,propagation=1s,ttl=1m,lanes=8,log=debug,force,uid=1000,gid=100,umask=027")
        var expected = MountConfiguration(sharePath: "", viewPath: "", cacheDirectory: "/c d")
        expected.memoryLimit = .gibibytes(1)
        expected.diskLimit = .gibibytes(2)
        expected.readaheadLimit = .mebibytes(64)
        expected.allowOther = true
        expected.shareDeadline = .seconds(5)
        expected.propagationDelay = .seconds(1)
        expected.namespaceTTL = .seconds(60)
        expected.lanes = 8
        expected.verbosity = .debug
        expected.force = true
        expected.shownOwner = ShownOwner(userID: 1000, groupID: 100, mask: 0o027)
        #expect(all == expected)
        #expect(try MountOptionParser.parse(["logfile=/x"]).logFile == "/x")
    }

    @Test func defaultsAreTheDocumentedOnes() throws {
        let defaults = try configuration()
        #expect(defaults.memoryLimit == .mebibytes(512))
        #expect(defaults.diskLimit == .gibibytes(5))
        #expect(defaults.readaheadLimit == .mebibytes(32))
        #expect(defaults.consistency == .eventual)
        #expect(defaults.propagationDelay == .seconds(5))
        #expect(defaults.namespaceTTL == .seconds(300))
        #expect(defaults.shareDeadline == .seconds(30))
        #expect(defaults.lanes == 16)
    }

    @Test func ownersAreTheSharesUnlessSaidOtherwise() throws {
        #expect(try configuration().shownOwner == ShownOwner())
        #expect(try configuration("uid=0,umask=0").shownOwner == ShownOwner(userID: 0, mask: 0))
        #expect(try !configuration("umask=022").shownOwner.replacesOwner)
        #expect(try configuration("gid=7").shownOwner.replacesOwner)
    }

    @Test func theLastOneCounts() throws {
        #expect(
            try configuration("memory=64M", "memory=128M,readahead=1M").memoryLimit
                == .mebibytes(128))
        #expect(try configuration("nosuid,suid,noexec").kernelOptions == ["suid", "noexec"])
    }

    @Test func bandwidthRulesAddUp() throws {
        let schedule = try configuration(
            "bandwidth=20MB/s,memory=64M,readahead=1M", "bandwidth=08:00-18:00=5MB/s;9:00-10:00=off"
        )
        .bandwidth
        #expect(schedule.rules.count == 3)
        #expect(schedule.limit(atMinute: 0) == ByteCount(20_000_000))
        #expect(schedule.limit(atMinute: 8 * 60) == ByteCount(5_000_000))
        #expect(schedule.limit(atMinute: 9 * 60) == nil)
        #expect(try configuration().bandwidth.isEmpty)
    }

    @Test func commasCanBeEscaped() throws {
        #expect(try configuration(#"cache=/a\,b\\c\d,lanes=3"#).cacheDirectory == #"/a,b\c\d"#)
    }

    @Test func strictAsksEachTime() throws {
        #expect(try configuration("consistency=strict").propagationDelay == .zero)
        #expect(try configuration("ttl=2s").propagationDelay == .seconds(2))
    }

    /// What mount(8) and systemd pass along for a line in fstab.
    @Test func acceptsWhatMountPassesOn() throws {
        let request = try MountOptionParser.parse([
            "rw,nosuid,nodev,noexec,noatime,_netdev,nofail,noauto,user,x-systemd.automount,"
                + "x-gvfs-show,defaults,relatime,user=me,comment=mine,rw"
        ])
        #expect(request.configuration.kernelOptions == ["nosuid", "nodev", "noexec", "noatime"])
        #expect(request.notes == [])
        #expect(!request.configuration.isReadOnly)
        #expect(try MountOptionParser.parse(["rw,ro"]).configuration.isReadOnly)
        #expect(try !MountOptionParser.parse(["ro,rw"]).configuration.isReadOnly)
    }

    @Test(arguments: [
        ("memroy=1G", "did you mean 'memory'?"), ("allowother", "did you mean 'allow_other'?"),
        ("bogus", "known: cache=DIR"), ("memory", "expected memory=SIZE"),
        ("memory=", "expected memory=SIZE"), ("memory=1M", "at least 16.0 MiB"),
        ("memory=-5", "like 512M or 5GiB"), ("memory=5X", "like 512M or 5GiB"),
        ("disk=1M", "or 0 for none"), ("readahead=1K", "at least 128 KiB"),
        ("readahead=400M", "at most half of memory"), ("memory=32M", "at most half of memory"),
        ("lanes=1", "from 2 to 256"), ("lanes=257", "from 2 to 256"), ("lanes=x", "from 2 to 256"),
        ("timeout=0", "from 1s to"), ("timeout=2h", "from 1s to 1h"), ("ttl=ages", "like 500ms"),
        ("consistency=strikt", "did you mean 'strict'?"),
        ("strategy=bold", "auto or aggressive or balanced or conservative"),
        ("bandwidth=fast", "expected a rate, alone or for some hours, like 20MB/s"),
        ("bandwidth=8-18=5M", "but '8' is no time from 00:00 to 24:00"),
        ("bandwidth", "expected bandwidth=[HH:MM-HH:MM=]RATE"),
        ("log=loud", "error or warning or info"),
        ("allow_other=1", "takes no value"), ("force=yes", "takes no value"),
        ("consistency=strict,propagation=5s", "contradicts"),
        ("ttl=1s,propagation=5s", "longer than"),
        ("ro=1", "unknown option 'ro'"),
        ("uid=ann", "`id -u NAME` says which"), ("uid=-1", "a number like 1000"),
        ("gid=4294967295", "`id -g NAME` says which"), ("gid", "expected gid=NUMBER"),
        ("umask=088", "an octal number up to 777"), ("umask=1777", "an octal number up to 777"),
        ("umask=", "expected umask=OCTAL"),
    ])
    func refusesAndSaysWhatWasExpected(text: String, part: String) {
        do throws(CommandError) {
            _ = try MountOptionParser.parse([text])
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.code == .usage)
            #expect(error.message.contains(part), "\(error.message)")
        }
    }

    @Test func sloppyLeavesOutWhatIsUnknownButNotWhatIsWrong() throws {
        let request = try MountOptionParser.parse(["bogus=1,lanes=4"], sloppy: true)
        #expect(request.configuration.lanes == 4)
        #expect(request.notes == ["option 'bogus' is unknown and left out"])
        #expect(throws: CommandError.self) {
            try MountOptionParser.parse(["lanes=1"], sloppy: true)
        }
    }

    @Test func zeroSwitchesTiersOff() throws {
        let off = try configuration("disk=0,readahead=0")
        #expect(off.diskLimit.bytes == 0)
        #expect(off.readaheadLimit.bytes == 0)
    }
}
