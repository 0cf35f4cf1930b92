import Model
import Replay

/// The texts of `--help`.
enum HelpText {
    static func text(_ command: CommandName?) -> String {
        switch command {
        case nil: overview
        case .mount: mount
        case .unmount: unmount
        case .status: status
        case .list: list
        case .explain: explain
        case .top: top
        case .record: record
        case .evict: evict
        case .doctor: doctor
        case .replay: replay
        case .config: config
        case .reload: reload
        }
    }

    private static let overview = """
        larder: a fast local view of a slow directory

        Usage:
          larder mount SHARE VIEW [-o OPTIONS] [--background]   show SHARE at VIEW, cached
          larder mount NAME                                     the same, as NAME.toml says
          larder unmount VIEW [--lazy]                          take the view away again
          larder status [VIEW] [--json]                         what is cached, and how it does
          larder list [--json]                                  all views of this machine
          larder explain PATH [--json]                          what is foreseen of a file, and why
          larder top [VIEW] [--interval 1s] [--once]            streams, tiers and share, live
          larder record VIEW -o TRACE [--names hashed]          write down what is read
          larder evict PATH…                                    forget what is cached of these
          larder doctor [SHARE VIEW | VIEW] [--measure]         what is wrong, and what to do
          larder replay TRACE…                                  how readahead and eviction do
          larder config check FILE|NAME                         whether a configuration is right
          larder config show VIEW|NAME [--json]                 what is in force, and from where
          larder reload VIEW                                    read its configuration again
          larder COMMAND --help                                 more about one command
          larder --version

        SHARE is a directory, usually on a NAS that is mounted already (NFS, SMB, SSHFS).
        VIEW is an empty directory. `fusermount3 -u VIEW` also unmounts.

        \(exitCodes)
        """

    private static let exitCodes = """
        Exit codes:
          0  done
          1  it did not work
          2  the command line, or the configuration file, is wrong
          3  nothing to do: not mounted, mounted already, nothing cached, no configuration file
        """

    private static var mount: String {
        let width = (MountOption.own.map(\.usage.count).max() ?? 0) + 2
        let options = MountOption.own.map { option in
            "  " + option.usage.padded(to: width) + option.summary
        }
        return """
            Usage: larder mount SHARE VIEW [-o OPTION,…] [--config FILE] [--background] [--sloppy]
                   larder mount NAME|--config FILE [-o OPTION,…] [--background] [--sloppy]

            Shows the directory SHARE at the empty directory VIEW and keeps what is read in memory
            and on the local disk. Runs until the view is unmounted or the process gets SIGTERM or
            SIGINT (^C). With --background it returns once the view is usable, or with the reason
            why it will not be. With --sloppy, unknown options are left out and not refused.

            Options behind -o, with their defaults:
            \(options.joined(separator: "\n"))

            NAME stands for ~/.config/larder/NAME.toml, or /etc/larder/NAME.toml where the first does
            not exist; share, view and options are then what that file says. What is typed wins over
            what is in the file: `larder config --help`.

            bandwidth= bounds what is read ahead, never what somebody waits for. Several rules are
            separated by `;` or given as several options; where they overlap, the last one counts:
            bandwidth=20MB/s;08:00-18:00=5MB/s;01:00-06:00=off (off: no limit). Times are local,
            and may span midnight; with one time, a rule holds until the next such rule begins.

            Sizes: 512M, 5GiB (powers of 1024), 100MB (of 1000). Times: 500ms, 30s, 5m, 2h, 1d.
            ro, nosuid, nodev, noexec, noatime and their like go to the kernel; those meant for
            mount(8) and systemd (noauto, user, nofail, _netdev, x-…) are accepted. `\\,` is a comma
            inside a value.

            \(exitCodes)
            """
    }

    private static let unmount = """
        Usage: larder unmount VIEW [--lazy]

        Unmounts the view and waits until its daemon has finished its work and gone.

          --lazy   take the view away now; programs that use it keep what they have open

        \(exitCodes)
        """

    private static let status = """
        Usage: larder status [VIEW] [--json]

        Shows share, state and figures of one view, or of all views that you may ask: your own;
        for root, everybody's. VIEW may be any path inside the view. A daemon that hangs is waited
        for at most \(StatusCommand.answerTime.text), all of them together.

          --json   {"version":1,"views":[…]}, for programs; docs/STATUS_SCHEMA.md names the fields

        Exit codes:
          0  every view answered, whatever it said of its state
          1  one did not answer: its daemon died or hangs
          2  the command line is wrong
          3  no view is mounted, or VIEW is not in one
        """

    private static let list = """
        Usage: larder list [--json]

        Shows all views of this machine: where, of which share, whose, in which state, and how much
        of it is cached. Of other users' views only root is told more than the mount table says. A
        mount whose daemon has gone is shown as dead; a daemon whose view is not mounted any more,
        because programs still use it, as running. A daemon that hangs is waited for at most
        \(ViewListing.answerTime.text), all of them together.

          --json   {"version":1,"views":[…]}, for programs; docs/STATUS_SCHEMA.md names the fields

        Exit codes:
          0  there are views, whatever their state
          1  the mount table cannot be read
          2  the command line is wrong
          3  there is no view
        """

    private static let explain = """
        Usage: larder explain PATH [--json]

        Says what is known of a file in a view: how it is read and how sure that is, what was
        fetched ahead and why, and what came of it.

          --json   for programs; docs/STATUS_SCHEMA.md names the fields

        \(exitCodes)
        """

    private static let top = """
        Usage: larder top [VIEW] [--interval TIME] [--once]

        Shows streams with their position in the file, tiers, the share's round trip and
        bandwidth, and how well prefetching does, again and again until q or ^C. Without VIEW all
        views that you may see. What stands behind "now" is of the last interval.

          --interval TIME   between two looks (1s)
          --once            one picture of one interval; also where the output is no terminal

        \(exitCodes)
        """

    private static let record = """
        Usage: larder record VIEW -o TRACE [--names full|hashed|none] [--duration TIME]

        Writes down what is opened, read, listed and looked up in the view until ^C, SIGTERM or
        the end of the time: a CSV with a line per access in the order of time, and beside it, for
        trace.csv, trace.files.txt with number, path and size of each file. Programs' names and
        process numbers are part of it.

          -o FILE           a new file; - is standard output, without the list of files
          --names full      paths as they are (the usual)
          --names hashed    each part of a path as a hash that only this recording has; the
                            extensions of files are kept
          --names none      numbers in place of paths
          --duration TIME   ends by itself

        Accesses that came faster than they could be fetched are counted, said, and make the exit
        code 1.

        \(exitCodes)
        """

    private static let evict = """
        Usage: larder evict PATH…

        Forgets what is cached of files and folders (with all below them) inside a view: chunks in
        memory and on disk, listings, and the kernel's copy. The share is not touched; the next
        read fetches again.

        \(exitCodes)
        """

    private static var config: String {
        return """
            Usage: larder config check FILE|NAME
                   larder config show VIEW|NAME [--json]

            check reads a configuration file and says everything that is wrong with it, by line and
            column. show says what is in force in the daemon of a view, and where each value came
            from: default, the file's line, or the command line.

            NAME stands for $XDG_CONFIG_HOME/larder/NAME.toml (~/.config/larder/NAME.toml), or for
            /etc/larder/NAME.toml where the first does not exist. A word with a slash, or ending in
            .toml, is a file.

            A file is TOML. Sizes, times and words stand in quotes as behind -o ("20G", "30s"), numbers
            without, switches are true or false. Paths are absolute, or begin with ~/. Keys, by
            section; what is live changes with `larder reload VIEW` or SIGHUP, the rest with a remount:

            \(configurationKeys)

            \(exitCodes)
            """
    }

    private static var configurationKeys: String {
        let width = (MountOption.settings.map(\.name.count).max() ?? 0) + 2
        var lines: [String] = []
        for section in [nil] + MountOption.Section.allCases {
            if let section { lines.append("  [\(section.rawValue)]") }
            for option in MountOption.settings where option.section == section {
                let live = option.isLive ? "live  " : "      "
                lines.append("  " + option.name.padded(to: width) + live + option.summary)
            }
        }
        return lines.joined(separator: "\n")
    }

    private static let reload = """
        Usage: larder reload VIEW
               larder reload NAME

        Has the daemon of a view, or of the one that was mounted by NAME.toml, read its
        configuration file again. What can change while mounted
        (`larder config --help` says what) is in force when the command returns; what needs a
        remount is named and stays as it is. Options from the command line go on winning. A file
        that is wrong changes nothing. SIGHUP does the same, and says in the log what came of it.

        \(exitCodes)
        """

    private static let doctor = """
        Usage: larder doctor [-o OPTION,…] [--measure] [--json] [SHARE VIEW | VIEW]

        Looks for what keeps a view from working, or from being fast, and says what to do: FUSE,
        permissions, limits, the share, its mount options, the view's place, the cache and its
        file system. With SHARE and VIEW for a mount that may not be there yet, with VIEW for one
        that is mounted, else for the machine and all views that you may ask.

        Each finding is ok, a note, a warning (works, but slower or less safely than it should) or
        a problem. Nothing is waited for longer than \(Surveyor.directoryTime.text); what did not answer within that is
        said to hang. Nothing is changed: a cache is tried with a file that has no name.

          -o OPTION,…   as for mount: cache=, disk=, ro and allow_other matter
          --measure     measure the share: about 5 s, reads up to \(ByteCount(ShareMeasurement.bytesMax)) of its files,
                        never writes. Asked for on a terminal; else not done without this
          --json        for programs; docs/DOCTOR_SCHEMA.md names the fields

        Exit codes:
          0  no problem; there may be warnings
          1  a problem was found
          2  the command line is wrong
          3  VIEW is not in a view
        """

    private static let replay = """
        Usage: larder replay TRACE… [--memory SIZE] [--chunk SIZE] [--share RTT,BANDWIDTH]
                             [--strategy NAME] [--method NAME,…] [--json]

        Replays recorded reads in virtual time, with a modelled share, and shows what each method
        of reading ahead makes of them, and what each eviction policy. Same trace, same figures.

        TRACE is a .csv, a .csv.xz, or a folder with trace.csv.xz or trace.csv in it:
          time_s,file_or_volume_id,offset_bytes,length_bytes,op
          time_s,file_id,offset_bytes,length_bytes,op,reader,handle
        The second kind needs its files beside it, in trace.files.txt (for trace.csv) or files.txt:
        id, path and size, separated by tabs.

          --memory SIZE      the cache (the larger of 10 % of what is read and 16M; with readers
                             512M; the second table: 10 % of what is read)
          --chunk SIZE       what the second table's caches hold (4K; with readers 64K)
          --share RTT,RATE   round trip and bytes per second of the share (8ms,100MB)
          --strategy NAME    aggressive, balanced or conservative (moves by itself)
          --method NAME,…    only these, of either table:
                             \(MethodName.allCases.map(\.rawValue).joined(separator: ", "));
                             \(PolicyName.allCases.map(\.rawValue).joined(separator: ", "))
          --json             {"version":1,"traces":[…]}, for programs

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

        \(exitCodes)
        """
}

extension String {
    /// Blanks behind it up to `width` columns.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }

    /// Blanks before it up to `width` columns.
    func alignedRight(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - columns)) + self
    }
}
