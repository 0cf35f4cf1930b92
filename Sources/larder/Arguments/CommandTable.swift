import Foresight
import Model
import Replay

extension CommandDescription {
    /// `larder help COMMAND`, which the parser takes for `larder COMMAND --help`.
    static let help = CommandDescription(
        ("help COMMAND", "about a command"), operands: [Operand("command", .command)], text: "")
}

extension CommandDescription.Operand {
    static let view = Self("view", .view)
}

/// The commands; see ``CommandDescription``.
extension CommandName {
    private typealias Operand = CommandDescription.Operand

    var description: CommandDescription {
        switch self {
        case .mount: Self.mountCommand
        case .unmount: Self.unmountCommand
        case .status: Self.statusCommand
        case .list: Self.listCommand
        case .ls: Self.lsCommand
        case .explain: Self.explainCommand
        case .history: Self.historyCommand
        case .forecast: Self.forecastCommand
        case .top: Self.topCommand
        case .record: Self.recordCommand
        case .refresh: Self.refreshCommand
        case .warm: Self.warmCommand
        case .verify: Self.verifyCommand
        case .evict: Self.evictCommand
        case .pin: Self.pinCommand
        case .unpin: Self.unpinCommand
        case .doctor: Self.doctorCommand
        case .replay: Self.replayCommand
        case .config: Self.configCommand
        case .reload: Self.reloadCommand
        case .offline: Self.offlineCommand
        case .online: Self.onlineCommand
        }
    }

    private static var mountCommand: CommandDescription {
        CommandDescription(
            ("mount SHARE VIEW [-o OPTIONS] [--background]", "show SHARE at VIEW, cached"),
            ("mount NAME", "the same, as NAME.toml says"),
            usage: [
                "mount SHARE VIEW [-o OPTION,…] [--config FILE] [--background] [--sloppy]",
                "mount NAME|--config FILE [-o OPTION,…] [--background] [--sloppy]",
            ],
            brief: "show a share at a view, cached",
            operands: [
                Operand("share or configuration", .configuration, .directory),
                Operand("view", .directory),
            ],
            options: [
                CommandOption(
                    "-o", "--options", value: "OPTION,…", takes: .mountOptions,
                    brief: "mount options"),
                CommandOption(
                    "--config", value: "FILE", takes: .file,
                    brief: "share, view and options from this file"),
                CommandOption("--background", brief: "return once the view is usable"),
                CommandOption("--sloppy", brief: "leave unknown options out"),
                CommandOption("-f", brief: "foreground"),
            ],
            text: """
                Shows the directory SHARE at the empty directory VIEW and keeps what is read in memory
                and on the local disk. Runs until the view is unmounted or the process gets SIGTERM or
                SIGINT (^C). With --background it returns once the view is usable, or with the reason
                why it will not be. With --sloppy, unknown options are left out and not refused.

                Options behind -o, with their defaults:
                \(HelpText.mountOptions)

                NAME stands for ~/.config/larder/NAME.toml, or /etc/larder/NAME.toml where the first does
                not exist; share, view and options are then what that file says. What is typed wins over
                what is in the file: `larder config --help`.

                bandwidth= bounds what is read ahead, and what pins and `larder warm` fetch, all of it
                together, never what somebody waits for. Several rules are separated by `;` or given as
                several options; where they overlap, the last one counts:
                bandwidth=20MB/s;08:00-18:00=5MB/s;01:00-06:00=off (off: no limit). Times are local,
                and may span midnight; with one time, a rule holds until the next such rule begins.

                Sizes: 512M, 5GiB (powers of 1024), 100MB (of 1000). Times: 500ms, 30s, 5m, 2h, 1d.
                ro, nosuid, nodev, noexec, noatime and their like go to the kernel; those meant for
                mount(8) and systemd (noauto, user, nofail, _netdev, x-…) are accepted. `\\,` is a comma
                inside a value.
                """)
    }

    private static var unmountCommand: CommandDescription {
        CommandDescription(
            ("unmount VIEW [--lazy]", "take the view away again"),
            aliases: ["umount"], brief: "take a view away again", operands: [.view],
            options: [
                CommandOption(
                    "--lazy", "-z", "-l",
                    brief: "take it away now, programs keep what they have open",
                    summary: "take the view away now; programs that use it keep what they have open"
                )
            ],
            text: "Unmounts the view and waits until its daemon has finished its work and gone.")
    }

    private static var statusCommand: CommandDescription {
        CommandDescription(
            ("status [VIEW] [--json]", "what is cached, and how it does"),
            operands: [.view], options: [.json],
            text: """
                Shows share, state and figures of one view, or of all views that you may ask: your own;
                for root, everybody's. VIEW may be any path inside the view. A daemon that hangs is waited
                for at most \(StatusCommand.answerTime.text), all of them together.
                """,
            exitCodes: [
                "0  every view answered, whatever it said of its state",
                "1  one did not answer: its daemon died or hangs", "2  the command line is wrong",
                "3  no view is mounted, or VIEW is not in one",
            ])
    }

    private static var listCommand: CommandDescription {
        CommandDescription(
            ("list [--json]", "all views of this machine"), options: [.json],
            text: """
                Shows all views of this machine: where, of which share, whose, in which state, and how much
                of it is cached. Of other users' views only root is told more than the mount table says. A
                mount whose daemon has gone is shown as dead; a daemon whose view is not mounted any more,
                because programs still use it, as running. A daemon that hangs is waited for at most
                \(ViewListing.answerTime.text), all of them together.
                """,
            exitCodes: [
                "0  there are views, whatever their state", "1  the mount table cannot be read",
                "2  the command line is wrong", "3  there is no view",
            ])
    }

    private static var explainCommand: CommandDescription {
        CommandDescription(
            ("explain PATH [--json]", "what is foreseen of a file, and why"),
            operands: [Operand("path", .pathInView)],
            options: [
                CommandOption(
                    "--json", brief: "for programs",
                    summary: "for programs; docs/STATUS_SCHEMA.md names the fields")
            ],
            text: """
                Says what is known of a file in a view: how it is read and how sure that is, what was
                fetched ahead and why, and what came of it.
                """)
    }

    private static var topCommand: CommandDescription {
        CommandDescription(
            ("top [VIEW] [--interval 1s] [--once]", "streams, tiers and share, live"),
            usage: ["top [VIEW] [--interval TIME] [--once]"],
            operands: [.view],
            options: [
                CommandOption(
                    "--interval", value: "TIME", takes: .text("time"),
                    summary: "between two looks (\(TopRequest().interval.text))"),
                CommandOption(
                    "--once", brief: "one picture",
                    summary: "one picture of one interval; also where the output is no terminal"),
            ],
            text: """
                Shows streams with their position in the file, tiers, the share's round trip and
                bandwidth, and how well prefetching does, again and again until q or ^C. Without VIEW all
                views that you may see. What stands behind "now" is of the last interval.
                """)
    }

    private static var recordCommand: CommandDescription {
        CommandDescription(
            ("record VIEW -o TRACE [--names hashed]", "write down what is read"),
            usage: ["record VIEW -o TRACE [--names full|hashed|none] [--duration TIME]"],
            operands: [.view],
            options: [
                CommandOption(
                    "-o", "--output", value: "FILE", takes: .file, brief: "where the trace goes",
                    summary: "a new file; - is standard output, without the list of files"),
                CommandOption(
                    "--names", value: "full|hashed|none",
                    takes: .words(RecordRequest.Names.allCases.map(\.rawValue)),
                    brief: "how names are written (\(RecordRequest(view: "").names.rawValue))",
                    summary: """
                        paths as they are (the usual); each part of a path as a hash that only
                        this recording has, extensions kept; or numbers in place of paths
                        """),
                CommandOption(
                    "--duration", value: "TIME", takes: .text("time"), brief: "end by itself",
                    summary: "ends by itself"),
            ],
            text: """
                Writes down what is opened, read, listed and looked up in the view until ^C, SIGTERM or
                the end of the time: a CSV with a line per access in the order of time, and beside it, for
                trace.csv, trace.files.txt with number, path and size of each file. Programs' names and
                process numbers are part of it.
                """,
            more: """
                Accesses that came faster than they could be fetched are counted, said, and make the exit
                code 1.
                """)
    }

    private static var evictCommand: CommandDescription {
        CommandDescription(
            ("evict PATH…", "forget what is cached of these"),
            brief: "forget what is cached",
            operands: [Operand("path", .pathInView, isRepeated: true)],
            text: """
                Forgets what is cached of files and folders (with all below them) inside a view: chunks in
                memory and on disk, listings, and the kernel's copy. The share is not touched; the next
                read fetches again.
                """)
    }

    private static var doctorCommand: CommandDescription {
        CommandDescription(
            ("doctor [SHARE VIEW | VIEW] [--measure]", "what is wrong, and what to do"),
            usage: ["doctor [-o OPTION,…] [--measure] [--json] [SHARE VIEW | VIEW]"],
            operands: [Operand("share or view", .view), Operand("view", .directory)],
            options: [
                CommandOption(
                    "-o", "--options", value: "OPTION,…", takes: .mountOptions,
                    brief: "mount options",
                    summary: "as for mount: cache=, disk=, ro and allow_other matter"),
                CommandOption(
                    "--measure", brief: "measure the share",
                    summary: """
                        measure the share: about 5 s, reads up to \(ByteCount(ShareMeasurement.bytesMax)) of its files,
                        never writes. Asked for on a terminal; else not done without this
                        """),
                CommandOption(
                    "--json", brief: "for programs",
                    summary: "for programs; docs/DOCTOR_SCHEMA.md names the fields"),
            ],
            text: """
                Looks for what keeps a view from working, or from being fast, and says what to do: FUSE,
                permissions, limits, the share, its mount options, the view's place, the cache and its
                file system. With SHARE and VIEW for a mount that may not be there yet, with VIEW for one
                that is mounted, else for the machine and all views that you may ask.

                Each finding is ok, a note, a warning (works, but slower or less safely than it should) or
                a problem. Nothing is waited for longer than \(Surveyor.directoryTime.text); what did not answer within that is
                said to hang. Nothing is changed: a cache is tried with a file that has no name.
                """,
            exitCodes: [
                "0  no problem; there may be warnings", "1  a problem was found",
                "2  the command line is wrong", "3  VIEW is not in a view",
            ])
    }

    private static var replayCommand: CommandDescription {
        CommandDescription(
            ("replay TRACE…", "how readahead and eviction do"),
            usage: [
                "replay TRACE… [--memory SIZE] [--chunk SIZE] [--share RTT,BANDWIDTH]",
                "              [--strategy NAME] [--without NAME,…] [--method NAME,…] [--json]",
                "replay TRACE… --correlations [--cache-percent N] [--chunk SIZE] [--json]",
                "replay --household [--seeds N] [--seed N]",
            ],
            operands: [Operand("trace", .file, isRepeated: true)],
            options: replayOptions,
            text: """
                Replays recorded reads in virtual time, with a modelled share, and shows what each method
                of reading ahead makes of them, and what each eviction policy. Same trace, same figures.

                TRACE is a .csv, a .csv.xz, or a folder with trace.csv.xz or trace.csv in it:
                  time_s,file_or_volume_id,offset_bytes,length_bytes,op
                  time_s,file_id,offset_bytes,length_bytes,op,reader,handle
                The second kind needs its files beside it, in trace.files.txt (for trace.csv) or files.txt:
                id, path and size, separated by tabs.
                """,
            more: """
                coverage   misses saved, of the misses without readahead
                accuracy   used, of what was fetched ahead
                traffic    bytes fetched, over bytes fetched without readahead
                score      coverage - 0.5 x (traffic - 1)
                late       first used before the share could have answered, of what was used
                hit ratio  there when it was asked for, of all that was asked for
                stall      what readers waited

                oracle and oracle-blocks know what will be read, in pages and in Larder's blocks: the least
                that readers must wait. oracle-runs knows how a run in a file goes on, from its first read on,
                and not who will jump where. Only where the trace says who reads.

                With --correlations, what follows what among the misses is learned on the first 60 % of the
                accesses and judged on the rest, before a cache that evicts by least recent use: once with
                what was learned until then (frozen), once learning on (online).
                predicted  expected next, whether it was fetched or only watched
                precision  used, of what was fetched and is not there unused at the end
                coverage   used, of the misses of the cache alone
                extra      chunks fetched more than by the cache alone, of those

                With --household, no trace is replayed but made up: three weeks of what people open at home,
                for each seed others. The habits are learned on two of them and judged on the third.
                coverage   heads that were there, of habitual opens that were not there for having been read
                found      heads that were there, of all habitual opens
                rounds     opened in their time, of what a round had brought
                precision  the same, with what was brought because it belongs to what was opened
                wasted     bytes brought in vain, of those that came from the share
                MiB/day    brought
                forest     with --forest: days on which it decided, being better than the rules
                """)
    }

    private static var replayOptions: [CommandOption] {
        let predictors = PredictorSet.names.map(\.name)
        let methods = MethodName.allCases.map(\.rawValue)
        let policies = PolicyName.allCases.map(\.rawValue)
        return [
            CommandOption(
                "--memory", value: "SIZE", takes: .text("size"), brief: "of the cache",
                summary: """
                    the cache (the larger of 10 % of what is read and 16M; with readers
                    512M; the second table: 10 % of what is read)
                    """),
            CommandOption(
                "--chunk", value: "SIZE", takes: .text("size"),
                brief: "what the second caches hold",
                summary: "what the second table's caches hold (4K; with readers 64K)"),
            CommandOption(
                "--share", value: "RTT,RATE", takes: .text("time,rate"),
                brief: "round trip and bandwidth (8ms,100MB)",
                summary: "round trip and bytes per second of the share (8ms,100MB)"),
            CommandOption(
                "--strategy", value: "NAME", takes: .words(Strategy.allCases.map(\.rawValue)),
                brief: "how boldly",
                summary: "aggressive, balanced or conservative (moves by itself)"),
            CommandOption(
                "--without", value: "NAME,…", takes: .list(of: "predictor", predictors),
                brief: "leave these predictors out",
                summary: """
                    leave these predictors out, to see what they bring:
                    \(predictors.joined(separator: ", "))
                    """),
            CommandOption(
                "--method", value: "NAME,…", takes: .list(of: "method", methods + policies),
                brief: "only these",
                summary: """
                    only these, of either table:
                    \(methods.joined(separator: ", "));
                    \(policies.joined(separator: ", "))
                    """),
            CommandOption(
                "--correlations", brief: "what follows what",
                summary: "what rules over misses would bring, in a table of its own"),
            CommandOption(
                "--cache-percent", value: "N", takes: .text("percent"),
                brief: "cache before those rules (10)",
                summary: "of what is read, the cache of that table (10); its chunks are of 64K"),
            CommandOption(
                "--household", brief: "how habits do",
                summary: "what habits bring in households that are made up; without a trace"),
            CommandOption(
                "--seeds", value: "N", takes: .text("count"), brief: "so many households (20)",
                summary: "so many households, each with the next seed (20)"),
            CommandOption(
                "--seed", value: "N", takes: .text("seed"), brief: "of the first household (1)",
                summary: "of the first household (1)"),
            CommandOption(
                "--forest", brief: "also with forests",
                summary: "also with a forest that is grown each night: minutes"),
            CommandOption(
                "--json", brief: "for programs",
                summary: "{\"version\":1,\"traces\":[…]}, for programs"),
        ]
    }

    private static var configCommand: CommandDescription {
        CommandDescription(
            ("config check FILE|NAME", "whether a configuration is right"),
            ("config show VIEW|NAME [--json]", "what is in force, and from where"),
            brief: "check or show a configuration",
            operands: [
                Operand("what", .words(["check", "show"])),
                Operand(
                    "file, configuration or view", .configuration,
                    after: ["check": .file, "show": .view]),
            ],
            options: [CommandOption("--json", brief: "for programs")],
            text: """
                check reads a configuration file and says everything that is wrong with it, by line and
                column. show says what is in force in the daemon of a view, and where each value came
                from: default, the file's line, or the command line.

                NAME stands for $XDG_CONFIG_HOME/larder/NAME.toml (~/.config/larder/NAME.toml), or for
                /etc/larder/NAME.toml where the first does not exist. A word with a slash, or ending in
                .toml, is a file.

                A file is TOML. Sizes, times and words stand in quotes as behind -o ("20G", "30s"), numbers
                without, switches are true or false. Paths are absolute, or begin with ~/. Keys, by
                section; what is live changes with `larder reload VIEW` or SIGHUP, the rest with a remount:

                \(HelpText.configurationKeys)
                """)
    }

    private static var reloadCommand: CommandDescription {
        CommandDescription(
            ("reload VIEW", "read its configuration again"),
            usage: ["reload VIEW", "reload NAME"],
            brief: "read the configuration again", operands: [.view],
            text: """
                Has the daemon of a view, or of the one that was mounted by NAME.toml, read its
                configuration file again. What can change while mounted
                (`larder config --help` says what) is in force when the command returns; what needs a
                remount is named and stays as it is. Options from the command line go on winning. A file
                that is wrong changes nothing. SIGHUP does the same, and says in the log what came of it.
                """)
    }
}
