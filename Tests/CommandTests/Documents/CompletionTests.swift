import Model
import Platform
import Replay
import TestSupport
import Testing

@testable import larder

/// Completions offer what the program takes, and nothing else: asked of the shells themselves.
///
/// What they have of the command table is made here too: with `LARDER_WRITE_COMPLETIONS=1` it is written to the files before
/// any test looks at them.
@Suite struct CompletionTests {
    enum Shell: String, CaseIterable, Sendable {
        case bash, zsh, fish

        var isThere: Bool { program != nil }

        var program: String? {
            ChildProcess.find(rawValue, searchPath: Environment.variable("PATH"))
        }

        var file: String { PackageRoot.path("completions/larder.\(rawValue)") }

        /// What its completion has from the command table.
        var parts: [[String]] {
            switch self {
            case .bash: BashCompletion.parts
            case .zsh: ZshCompletion.parts
            case .fish: FishCompletion.parts
            }
        }

        func read() throws -> String {
            String(decoding: try FileContents.read(file), as: UTF8.self)
        }

        /// Its completion as the command table wants it.
        func made() throws -> String {
            let text = try read()
            return try #require(
                CompletionBlock.replaced(in: text, by: parts), "no block in \(file)")
        }
    }

    static let installed = Shell.allCases.filter { Requirement.isMet($0.isThere) }
    static let questions = installed.flatMap { shell in CommandName.allCases.map { (shell, $0) } }

    /// Once, for all tests; nothing unless it is asked for.
    private static let writing: Result<Void, any Error> = Result {
        guard Environment.variable("LARDER_WRITE_COMPLETIONS") == "1" else { return }
        for shell in Shell.allCases {
            let text = try shell.made()
            let opened = try FileCalls.open(shell.file, [.writeOnly, .truncate])
            try FileContents.write(opened.rawValue, Array(text.utf8))
        }
    }

    init() throws { try Self.writing.get() }

    // MARK: - The command table

    @Test(arguments: Shell.allCases)
    func comesFromTheCommandTable(shell: Shell) throws {
        let isSame = try shell.made() == shell.read()
        #expect(isSame, "\(shell.file) is not what the command table says: run make completions")
    }

    @Test(arguments: CommandName.allCases)
    func theTableSaysWhatCompletionsNeed(command: CommandName) {
        let description = command.description
        var lines = [description.briefSummary]
        for option in description.options {
            #expect((option.takes == nil) == (option.value == nil), "value of \(option.name)")
            lines.append(option.briefSummary)
        }
        for line in lines + KnownOptions.ofMounts.map(\.briefSummary) {
            #expect((1...60).contains(line.count) && !line.contains("\n"), "\(line)")
        }
        for alias in description.aliases {
            let help = try? CommandParser.parse(["help", alias].map { Array($0.utf8) })
            #expect(help == Command.help(command), "\(alias)")
        }
    }

    @Test func mountOptionsWithValuesOfferThem() {
        for option in KnownOptions.ofMounts {
            #expect((option.takes == nil) == (option.value == nil), "\(option.name)")
            guard case .words(let words) = option.takes else {
                #expect(option.wordBriefs.isEmpty)
                continue
            }
            #expect(option.value == words.joined(separator: "|"))
            #expect(Set(words).isSuperset(of: option.wordBriefs.keys))
        }
    }

    // MARK: - Shells

    /// Runs a script in a shell that has read the completions, and nothing of this user's.
    private func run(
        _ shell: Shell, _ script: String, _ arguments: [String],
        environment: [String: String] = [:]
    ) throws -> [String] {
        let program = try #require(shell.program)
        let flags: [String] =
            switch shell {
            case .bash: ["--norc", "--noprofile", "-c", script, "bash"]
            case .zsh: ["-f", "-c", script, "zsh"]
            case .fish: ["--no-config", "-c", script]
            }
        let home = try TemporaryDirectory()
        let settings = environment.merging(
            ["HOME": home.path, "XDG_CONFIG_HOME": home.path, "LC_ALL": "C.UTF-8"]
        ) { given, _ in given }
        let (ending, output) = try ChildProcess.run(
            "/usr/bin/env", settings.map { "\($0.key)=\($0.value)" } + [program] + flags + arguments
        )
        #expect(ending == .exited(code: 0), "\(output)")
        return output.split(separator: "\n").map(String.init)
    }

    /// What bash would offer for the last of these words, as bash splits them.
    private func bash(
        _ words: [String], function: String = "_larder", environment: [String: String] = [:]
    ) throws -> [String] {
        let script = """
            source "$1"; shift; function=$1; shift
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            $function
            printf '%s\\n' "${COMPREPLY[@]}"
            exit 0
            """
        return try run(
            .bash, script, [Shell.bash.file, function] + words, environment: environment)
    }

    private func fish(_ line: String, file: String = "larder") throws -> [String] {
        try run(
            .fish, "source $argv[1]; complete -C $argv[2]; exit 0",
            [PackageRoot.path("completions/\(file).fish"), line]
        ).map { String($0.prefix { $0 != "\t" }) }
    }

    /// What zsh's own helpers would be told, with these in their place.
    private func zsh(_ words: [String], call: String = "_larder") throws -> [String] {
        let script = """
            _arguments() { print -rl -- "$@" }
            _values() { shift 3; print -rl -- "$@" }
            _describe() { print -rl -- "${(@P)2}" }
            file=$1; shift
            words=("$@") CURRENT=$#
            service=none
            source $file 2>/dev/null
            words=("$@") CURRENT=$#
            """
        let output = try run(
            .zsh, script + "\nprint -r -- ---\n" + call + "\nexit 0",
            [Shell.zsh.file] + words)
        let start = try #require(output.firstIndex(of: "---"))
        return output[(start + 1)...].map { line in
            var spec = line[...]
            if spec.hasPrefix("*-") { spec = spec.dropFirst() }
            return String(spec.prefix { $0 != "[" && $0 != ":" })
        }
    }

    private func options(_ offered: [String]) -> Set<String> {
        Set(offered.filter { $0.hasPrefix("-") })
    }

    // MARK: - larder

    @Test(arguments: installed)
    func offersTheCommands(shell: Shell) throws {
        let offered: [String] =
            switch shell {
            case .bash: try bash(["larder", ""])
            case .zsh: try zsh(["larder", ""])
            case .fish: try fish("larder ")
            }
        let commands = offered.filter { !$0.hasPrefix("-") }
        #expect(commands.count == Set(commands).count)
        #expect(Set(commands) == Set(CommandName.allCases.map(\.rawValue) + ["help"]))
    }

    @Test(arguments: questions)
    func offersTheOptionsOfACommand(shell: Shell, command: CommandName) throws {
        let offered: [String] =
            switch shell {
            case .bash: try bash(["larder", command.rawValue, "-"])
            case .zsh: try zsh(["larder", command.rawValue, "-"])
            case .fish: try fish("larder \(command.rawValue) -")
            }
        let known = KnownOptions.of(command).union(["--help"])
        #expect(options(offered) == known)
    }

    @Test(arguments: installed)
    func offersTheMountOptions(shell: Shell) throws {
        let offered: [String] =
            switch shell {
            case .bash: try bash(["larder", "mount", "-o", ""])
            case .zsh: try zsh(["larder", "mount", "-o", ""], call: "_larder_mount_options")
            case .fish: try fish("larder mount -o ")
            }
        let names = offered.map { String($0.prefix { $0 != "=" }) }
        #expect(Set(names) == Set(KnownOptions.ofMounts.map(\.name)))
    }

    @Test(.enabled(if: Requirement.isMet(Shell.bash.isThere)))
    func bashCompletesInsideOptions() throws {
        // bash splits at `=`, and puts the pieces before it back by itself.
        #expect(try bash(["larder", "mount", "-o", "ro,disk", "=", "2G,re"]) == ["2G,readahead="])
        #expect(try bash(["larder", "mount", "-o", "ro,re"]) == ["ro,readahead="])
        #expect(
            try bash(["larder", "mount", "-o", "ro,consistency", "="]) == ["eventual", "strict"])
        #expect(try bash(["larder", "mount", "-o", "log", "=", "d"]) == ["debug"])
        #expect(try bash(["larder", "record", "--names", "h"]) == ["hashed"])
        let methods = MethodName.allCases.map(\.rawValue) + PolicyName.allCases.map(\.rawValue)
        #expect(Set(try bash(["larder", "replay", "--method", ""])) == Set(methods))
        #expect(try bash(["larder", "replay", "--without", "jump,si"]) == ["jump,sidecar"])
    }

    @Test(.enabled(if: Requirement.isMet(Shell.fish.isThere)))
    func fishCompletesInsideLists() throws {
        #expect(try fish("larder replay --without jump,si") == ["jump,sidecar"])
        #expect(try fish("larder mount -o ro,allow") == ["ro,allow_other"])
    }

    @Test(.enabled(if: Requirement.isMet(Shell.bash.isThere)))
    func bashKnowsValuesFromOperands() throws {
        #expect(try bash(["larder", "config", ""]) == ["check", "show"])
        #expect(try bash(["larder", "config", "--json", ""]) == ["check", "show"])
        let home = try TemporaryDirectory()
        _ = try home.directory("larder")
        _ = try home.file("larder/films.toml")
        let environment = ["XDG_CONFIG_HOME": home.path]
        let first = try bash(["larder", "mount", "-o", "ro", "fil"], environment: environment)
        #expect(first.contains("films"))
        let second = try bash(["larder", "mount", "films", "fil"], environment: environment)
        #expect(!second.contains("films"))
    }

    @Test(.enabled(if: Requirement.isMet(Shell.bash.isThere)))
    func bashOffersMountedViewsAndConfigurations() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.file(
            "mounts",
            """
            /dev/sda1 / ext4 rw 0 0
            /mnt/nas /media/my\\040films fuse.larder rw,nosuid 0 0
            /mnt/nas /media/photos fuse.larder rw 0 0
            nas:/ /media/other nfs4 rw 0 0

            """)
        _ = try directory.directory("larder")
        _ = try directory.file("larder/films.toml")
        let environment = [
            "LARDER_MOUNT_TABLE": "\(directory.path)/mounts", "XDG_CONFIG_HOME": directory.path,
        ]
        for command in ["unmount", "status", "top", "record", "reload", "explain", "evict"] {
            #expect(
                try bash(["larder", command, ""], environment: environment)
                    == ["/media/my\\ films", "/media/photos"])
        }
        let second = try bash(["larder", "status", "/media/p"], environment: environment)
        #expect(second == ["/media/photos"])
        let configurations = try bash(["larder", "mount", "fil"], environment: environment)
        #expect(configurations.contains("films"))
    }

    @Test(.enabled(if: Requirement.isMet(Shell.bash.isThere)))
    func slowshareToo() throws {
        let items = try ManualPage("slowshare.1").section("OPTIONS").items
        let known = Set(items.flatMap(\.names))
        #expect(options(try bash(["slowshare", "-"], function: "_slowshare")) == known)
        if Shell.zsh.isThere {
            #expect(options(try zsh(["slowshare", "-"], call: "_slowshare")) == known)
        }
        if Shell.fish.isThere {
            #expect(options(try fish("slowshare -", file: "slowshare")) == known)
        }
        let verbs = try ManualPage("slowshare.1").section("COMMANDS").items.flatMap(\.names)
        let offered = try bash(["slowshare", "ctl", "/mnt", ""], function: "_slowshare")
        #expect(Set(offered) == Set(verbs))
    }
}
