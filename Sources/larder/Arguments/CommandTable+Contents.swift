/// The commands for what is cached; see ``CommandDescription``.
extension CommandName {
    private typealias Operand = CommandDescription.Operand

    static var lsCommand: CommandDescription {
        CommandDescription(
            ("ls PATH… [-R] [--json]", "what is cached of these, and where"),
            brief: "what is cached, and where",
            operands: [Operand("path", .pathInView, isRepeated: true)],
            options: [
                CommandOption(
                    "--recursive", "-R", brief: "all that is below",
                    summary: "all that is below folders, and not only what is in them"),
                CommandOption(
                    "--json", brief: "for programs",
                    summary: "for programs; docs/STATUS_SCHEMA.md names the fields"),
            ],
            text: """
                Shows files and folders of a view with their size, how much of them is cached, in which
                tiers, and as which type of content. A folder has what is known below it, summed; a size
                with a + behind it is of a folder not all of whose names are known. The share is not asked,
                so that this works while it is away: names that nobody has looked at are missing.
                """,
            exitCodes: [
                "0  shown", "1  larder did not answer", "2  the command line is wrong",
                "3  PATH is not in a view, or nothing is known of it",
            ])
    }

    static var refreshCommand: CommandDescription {
        CommandDescription(
            ("refresh [PATH…]", "ask the share anew about these"),
            brief: "ask the share anew",
            operands: [Operand("path", .pathInView, isRepeated: true)],
            text: """
                Has files and folders (with all below them) of a view, or all of every view that you may
                ask, looked at on the share again: what is known of names and attributes is not believed
                any more, neither by larder nor by the kernel, nor what is known from an earlier mount.
                The share is asked at the next look; while it is away, what is known is served as ever.
                Cached contents stay, and are used where size and time prove to be the same.
                """)
    }

    static var warmCommand: CommandDescription {
        CommandDescription(
            ("warm PATH… | --list FILE", "fetch these into the cache"),
            ("warm --plan [VIEW] [--json]", "what habits would have fetched, when and why"),
            usage: ["warm PATH…", "warm --list FILE [-0]", "warm --plan [VIEW] [--json]"],
            brief: "fetch into the cache",
            operands: [Operand("path", .pathInView, isRepeated: true)],
            options: [
                CommandOption(
                    "--list", value: "FILE", takes: .file, brief: "paths from a file",
                    summary: "paths from this file, one on each line; - is standard input"),
                CommandOption(
                    "-0", "--null", brief: "paths end with a NUL",
                    summary: "paths in the list end with a NUL, as find -print0 writes them"),
                CommandOption(
                    "--plan", brief: "what habits would have fetched",
                    summary:
                        "fetch nothing: say what would be fetched next by itself, as habits expect it"
                ),
                .json,
            ],
            text: """
                Reads files, and all files below folders, through the view, so that they are cached. What is
                cached already is counted and not fetched again: after ^C, or another day, the same command
                goes on. Symbolic links below folders are not followed. Nothing is read ahead for it, little
                is under way at a time, bandwidth= of the view bounds it, and what it brings is the first to
                leave memory: it is the disk tier that is filled. On a terminal it shows how far it is.

                With --plan nothing is fetched: it shows what larder would fetch by itself in its next
                round, every five minutes: what habits (`larder forecast`) expect soon, how surely, why, and
                how many bytes. warming=off ends that, quiet= leaves hours out.
                """,
            exitCodes: [
                "0  fetched", "1  something could not be read or kept, or it was ended by ^C",
                "2  the command line is wrong", "3  everything was cached already",
            ])
    }

    static var verifyCommand: CommandDescription {
        CommandDescription(
            ("verify [VIEW | PATH…] [--against-share]", "check what is on disk"),
            usage: ["verify [VIEW | PATH…] [--against-share]"],
            brief: "check what is on disk",
            operands: [Operand("path", .pathInView, isRepeated: true)],
            options: [
                CommandOption(
                    "--against-share", brief: "compare with the share",
                    summary: "compare what is stored with what the share has, too: reads both")
            ],
            text: """
                Reads what the disk tier and the storage tier have of files and folders, or of every view
                that you may ask, and checks it by the checksums that were stored with it, as each read
                does. What is not as it was written is dropped, and fetched again when it is wanted.
                Readers go first: it takes half of the disk's time at most, and less while somebody reads.

                With --against-share each file is read on the share, by this command, and compared: what
                differs although size and time are the same is named and forgotten. Files that have changed
                since they were cached are counted, and not compared.
                """,
            exitCodes: [
                "0  all is right", "1  something was wrong, or could not be looked at",
                "2  the command line is wrong", "3  nothing is stored",
            ])
    }
}
