import Model

extension CommandName {
    static var pinCommand: CommandDescription {
        CommandDescription(
            ("pin [PATH…] [--json]", "keep these in the cache, whatever else is read"),
            usage: ["pin [--priority high|medium|low] PATH…", "pin [--json]"],
            brief: "keep files and folders in the cache",
            operands: [CommandDescription.Operand("path", .pathInView, isRepeated: true)],
            options: [
                CommandOption(
                    "--priority", value: "high|medium|low",
                    takes: .words(PinPriority.allCases.map(\.rawValue)),
                    brief: "how much it matters",
                    summary: """
                        which is fetched first, and goes last where not all may stay (medium, or
                        what it was pinned with before)
                        """), .json,
            ],
            text: """
                Keeps files, and folders with all below them, on the disk: what the cache lacks of them is
                fetched in the background, behind everything that people read and within bandwidth=, and
                nothing of it goes to make room for others, until it is given free with `larder unpin`. What comes to a pinned
                folder later is fetched as well: it is looked through every quarter of an hour, and when it
                is pinned again. Pins are kept over restarts, and are by name: what takes a pinned name is
                pinned. All pins together may hold nine tenths of the disk tier; more is refused.

                What is pinned with a higher priority is fetched first. Where a smaller limit, or what others
                write to the disk, leaves no room for all that is pinned, the lowest priority goes first. Of
                several pins that cover a file the nearest counts; pinned again with another priority, a path has
                that from then on.

                Without PATH: what is pinned, and how far it has come.
                """,
            exitCodes: [
                "0  pinned, or given another priority; without PATH: something is",
                "1  one could not be pinned, or a view did not answer",
                "2  the command line is wrong",
                "3  pinned already; without PATH: nothing is, or no view is mounted",
            ])
    }

    static var unpinCommand: CommandDescription {
        CommandDescription(
            ("unpin PATH…", "give them free again"),
            brief: "give pinned files and folders free",
            operands: [CommandDescription.Operand("path", .pathInView, isRepeated: true)],
            text: """
                Gives free what was pinned at these paths and below them. What is cached of it stays until
                room is needed.
                """)
    }
}
