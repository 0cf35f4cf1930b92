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
}
