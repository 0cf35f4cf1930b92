import Model
import Platform
import TestSupport
import Testing

@testable import larder

@Suite struct ConfigurationReaderTests {
    private func read(_ text: String) throws(ConfigurationRefusal) -> ConfigurationFile {
        try ConfigurationReader.read(Array(text.utf8), path: "/etc/larder/x.toml", home: "/home/me")
    }

    private func configuration(_ text: String) throws -> MountConfiguration {
        try LayeredConfiguration(read(text).settings).configuration
    }

    /// A value that is not the default, as the file and as the command line write it.
    private static let values: [String: (file: String, option: String)] = [
        "share": ("\"/s\"", "/s"), "view": ("\"/v\"", "/v"), "force": ("true", "true"),
        "cache": ("\"/c d\"", "/c d"), "memory": ("\"1GiB\"", "1G"), "memory-ttl": ("\"2h\"", "2h"),
        "disk": ("\"2G\"", "2G"),
        "free": ("\"1G\"", "1G"), "disk-writes": ("\"20G\"", "20G"),
        "disk-eviction": ("\"retention\"", "retention"),
        "storage-eviction": ("\"retention\"", "retention"), "disk-ttl": ("\"1d\"", "1d"),
        "storage": ("\"/big\"", "/big"),
        "storage-size": ("\"100G\"", "100G"), "storage-ttl": ("\"7d\"", "7d"),
        "readahead": ("\"64M\"", "64M"), "strategy": ("\"conservative\"", "conservative"),
        "bandwidth": ("\"8:00-18:00=5MB/s; 20MB/s\"", "08:00-18:00=5MB/s;20MB/s"),
        "offline": ("\"no\"", "no"), "catalogue": ("\"on\"", "on"), "catalogue-rate": ("50", "50"),
        "warming": ("\"off\"", "off"), "quiet": ("\"23-7:30\"", "23:00-07:30"),
        "exclude": ("[\"*.gpg\"]", "*.gpg"), "history-age": ("\"7d\"", "7d"),
        "history-size": ("\"0\"", "0"),
        "consistency": ("\"strict\"", "strict"), "propagation": ("\"1s\"", "1s"),
        "ttl": ("\"2h\"", "2h"), "timeout": ("\"5s\"", "5s"), "lanes": ("8", "8"),
        "allow_other": ("true", "true"), "rights": ("\"90s\"", "90s"), "uid": ("1000", "1000"),
        "gid": ("0", "0"),
        "umask": ("\"027\"", "027"), "log": ("\"debug\"", "debug"), "logfile": ("\"/l\"", "/l"),
        "ro": ("true", "true"), "suid": ("true", "true"), "dev": ("true", "true"),
        "noexec": ("true", "true"), "noatime": ("true", "true"), "sync": ("true", "true"),
        "dirsync": ("true", "true"),
        "content.media.match": ("[\"*.xyz\", \"a,b/**\"]", "*.xyz,a\\,b/**"),
        "content.metadata.match": ("[\"/a b\"]", "/a b"),
        "content.thumbnail.match": ("[\"a\\\\,b\"]", "a\\\\\\,b"),
        "content.config.match": ("[\"c\\\\\", \"d\"]", "c\\\\,d"),
        "content.user-data.match": ("[\"d\"]", "d"),
    ].merging(
        ContentType.allCases.flatMap { type -> [(String, (file: String, option: String))] in
            [
                ("content.\(type.word).chunk-size", ("\"64KiB\"", "64K")),
                ("content.\(type.word).compression", ("\"off\"", "off")),
                ("content.\(type.word).prefetch-threshold", ("0.75", "0.75")),
                ("content.\(type.word).tier", ("\"memory\"", "memory")),
            ]
        }
    ) { first, _ in first }

    /// The table is the truth: each option has a key that is read, changes the configuration, and comes back as text.
    @Test func everyOptionIsReachable() throws {
        let usual = LayeredConfiguration().configuration
        for option in MountOption.settings {
            let value = try #require(Self.values[option.plainName], "no value for \(option.path)")
            let section = option.section.map { "[\($0.rawValue)]\n" } ?? ""
            let file = try read("\n\(section)\(option.key) = \(value.file)\n")
            let layers = try LayeredConfiguration(file.settings)
            #expect(layers.configuration != usual, "\(option.path) changes nothing")
            #expect(option.text(in: layers.configuration) == value.option)
            #expect(
                layers.origin(of: option)
                    == .file(
                        "/etc/larder/x.toml",
                        TOMLPosition(line: option.section == nil ? 2 : 3, column: 1)))
            // The command line says the same with the same words.
            guard MountOption.own.contains(option) || option.section == .kernel else { continue }
            let text = option.value == nil ? option.name : "\(option.name)=\(value.option)"
            let typed = try MountOptionParser.parse([text.escapedCommas])
            #expect(typed.configuration == layers.configuration, "\(text)")
            #expect(typed.layers.origin(of: option) == .commandLine)
        }
        #expect(Set(Self.values.keys) == Set(MountOption.settings.map(\.plainName)))
    }

    @Test func pathsMayBeginAtHome() throws {
        #expect(try configuration("view = \"~/nas\"").viewPath == "/home/me/nas")
    }

    @Test func allProblemsAreToldAtOnce() {
        let text = """
            share = "mnt"
            memory = "1G"
            [tier]
            [tiers]
            memroy = "1G"
            disk = 20
            readahead = "1M"
            [requests]
            lanes = "8"
            timeout = "2h"
            [log]
            log = "lout"
            [access]
            allow_other = "yes"
            uid = -1
            """
        let expected = [
            (1, 9, "share=mnt is not possible: expected an absolute path"),
            (2, 1, "unknown key 'memory' in front of the sections"),
            (2, 1, "'memory' belongs in [tiers]"),
            (3, 1, "unknown section [tier]"), (3, 1, "did you mean [tiers]?"),
            (5, 1, "unknown key 'memroy' in [tiers]; expected cache, memory, disk"),
            (5, 1, "did you mean 'memory'?"),
            (6, 8, "expected a size in quotes, like \"512M\" or \"5GiB\", found an integer"),
            (7, 1, "'readahead' belongs in [readahead]"),
            (9, 9, "expected a number without quotes, found a string"),
            (10, 11, "expected a time from 1s to 1h"),
            (12, 7, "expected error or warning or info or debug"),
            (14, 15, "expected true or false, found a string"),
            (15, 7, "a number like 1000"),
        ]
        do throws(ConfigurationRefusal) {
            _ = try read(text)
            Issue.record("accepted")
        } catch {
            let lines = error.problems.map(\.description)
            #expect(lines.count == 11, "\(lines)")
            for (line, column, part) in expected {
                let place = "/etc/larder/x.toml:\(line):\(column): "
                #expect(
                    lines.contains { $0.hasPrefix(place) && $0.contains(part) },
                    "\(place)\(part) is not in \(lines)")
            }
            #expect(error.commandError.code == .usage)
        }
    }

    @Test(arguments: [
        ("memory = ", 1, "missing value"), ("[tiers]\nmemory = 1G", 2, "in quotes"),
        ("tiers = 3", 1, "expected [tiers], found an integer"),
        ("readahead = \"1M\"", 1, "'readahead' belongs in [readahead]"),
        ("[tiers]\ncache = \"/a\\u0007\"", 2, "expected an absolute path"),
        ("[readahead]\nbandwidth = [\"1M\"]", 2, "found an array"),
        ("[access]\numask = 0o22", 2, "octal digits in quotes"),
        ("[kernel]\nnosuid = true", 2, "did you mean 'suid'?"),
        ("config = \"/x\"", 1, "unknown key 'config'"),
        ("[content.medai]\nmatch = []", 1, "did you mean [content.media]?"),
        ("[media]\nmatch = []", 1, "unknown section [media]; expected tiers,"),
        ("[content]\nmedia = 3", 2, "expected [content.media], found an integer"),
        ("[content.media]\nmatch = \"*.xyz\"", 2, "like [\"*.xyz\", \"Photos/**\"]"),
        ("[content.media]\nmatch = [3]", 2, "content.media.match holds something else"),
        ("[content.media]\nmatch = [\"a\\u0007\"]", 2, "without control characters"),
        ("[content.media]\nmatch = [\"*.b\", \"a/\"]", 2, "content.media.match=a/ is not"),
        ("[content.media]\nmatch = [\"a/\"]", 2, "expected names of files between single"),
        ("[content.media]\nchunk-size = 4096", 2, "a size in quotes, like \"64K\""),
        ("[content.config]\nchunk-size = \"48K\"", 2, "content.config.chunk-size=48K is not"),
        ("[content.media]\nchunk-size = \"8M\"", 2, "a power of two from 4K to 4M"),
        ("[content.media]\nchunk_size = \"1M\"", 2, "did you mean 'chunk-size'?"),
        ("[content.media]\ncompression = true", 2, "one of auto|on|off in quotes"),
        ("[content.media]\ncompression = \"lz4\"", 2, "expected auto or on or off"),
        ("[content.media]\nprefetch-threshold = 1.5", 2, "expected a number from 0 to 1"),
        ("[content.media]\nprefetch-threshold = nan", 2, "expected a number from 0 to 1"),
        ("[content.media]\nprefetch-threshold = \"0.5\"", 2, "without quotes, like 0.75"),
        ("[tiers]\nchunk-size = \"1M\"", 2, "'chunk-size' belongs in [content.media]"),
    ])
    func refusesWithThePlace(text: String, line: Int, part: String) {
        do throws(ConfigurationRefusal) {
            _ = try read(text)
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.text.hasPrefix("/etc/larder/x.toml:\(line):"), "\(error.text)")
            #expect(error.text.contains(part), "\(error.text)")
        }
    }

    @Test(arguments: [
        ("[readahead]\nreadahead = \"400M\"", 2, "at most half of memory"),
        ("[tiers]\nmemory = \"32M\"", 2, "at most half of memory"),
        ("[freshness]\nconsistency = \"strict\"\npropagation = \"5s\"", 3, "contradicts"),
        ("[freshness]\nttl = \"1s\"\npropagation = \"5s\"", 3, "longer than"),
        (
            "[content.media]\nmatch = [\"*.x\"]\n[content.config]\nmatch = [\"*.X\"]", 4,
            "content.config.match has the pattern *.X, and content.media.match has it too"
        ),
    ])
    func whatDoesNotGoTogetherIsRefusedWithThePlace(text: String, line: Int, part: String) throws {
        let file = try read(text)
        do throws(ConfigurationRefusal) {
            _ = try LayeredConfiguration(file.settings)
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.text.hasPrefix("/etc/larder/x.toml:\(line):1: "), "\(error.text)")
            #expect(error.text.contains(part), "\(error.text)")
        }
    }

    /// The example names every key once, with its default where there is one.
    @Test func theExampleIsRightAndComplete() throws {
        let path = try SourceRoot.path() + "/mount/example.toml"
        let bytes = try FileContents.read(path)
        let commented = String(decoding: bytes, as: UTF8.self)
        #expect(try configuration(commented) == LayeredConfiguration().configuration)
        // Keys stand directly behind their mark, words after a blank.
        let text = commented.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") ? String(line.dropFirst()) : String(line)
        }
        let file = try read(text.joined(separator: "\n"))
        #expect(file.settings.map(\.option).count == MountOption.settings.count)
        #expect(Set(file.settings.map(\.option)) == Set(MountOption.settings))
        let usual = LayeredConfiguration().configuration
        let example = try LayeredConfiguration(file.settings).configuration
        let withoutDefault: Set = [
            "share", "view", "cache", "bandwidth", "uid", "gid", "umask", "logfile",
            "storage", "quiet", "exclude",
        ]
        for option in MountOption.settings {
            if withoutDefault.contains(option.name)
                || ["match", "prefetch-threshold"].contains(option.name)
            {
                #expect(option.text(in: usual) == nil, "\(option.name) has a default")
            } else {
                #expect(option.text(in: example) == option.text(in: usual), "\(option.name)")
            }
            let section = option.section.flatMap { text.firstIndex(of: "[\($0.rawValue)]") } ?? 0
            let line = text[section...].firstIndex { $0.hasPrefix("\(option.key) = ") } ?? 0
            let saysLive = text[..<line].last { $0.hasPrefix("# ") }?.contains("Live") == true
            #expect(saysLive == option.isLive, "\(option.name) is marked wrongly")
        }
    }

    @Test(arguments: [11, 12] as [UInt64]) func hostileTextsEndInAnErrorWithItsPlace(seed: UInt64)
        throws
    {
        var mutations = TOMLMutations(seed: seed)
        let path = try SourceRoot.path() + "/mount/example.toml"
        let whole = String(decoding: try FileContents.read(path), as: UTF8.self)
            .split(separator: "\n").filter { !$0.hasPrefix("# ") }
            .map { $0.hasPrefix("#") ? $0.dropFirst() : $0 }.joined(separator: "\n")
        var valid = 0
        for _ in 0..<1000 {
            let text = mutations.mutate(Array(whole.utf8))
            do throws(ConfigurationRefusal) {
                let file = try ConfigurationReader.read(text, path: "/f.toml", home: nil)
                _ = try LayeredConfiguration(file.settings)
                valid += 1
            } catch {
                #expect(!error.problems.isEmpty)
                for problem in error.problems {
                    #expect(problem.description.hasPrefix("/f.toml:"), "\(problem)")
                    #expect(problem.message.printable == problem.message, "\(problem)")
                }
            }
        }
        #expect(valid > 20)
    }
}

/// Where the sources of this build are.
enum SourceRoot {
    static func path(_ file: String = #filePath) throws -> String {
        let parts = file.split(separator: "/")
        let place = try #require(parts.lastIndex(of: "Tests"))
        return "/" + parts[..<place].joined(separator: "/")
    }
}

extension String {
    fileprivate var escapedCommas: String { split(separator: ",").joined(separator: "\\,") }
}
