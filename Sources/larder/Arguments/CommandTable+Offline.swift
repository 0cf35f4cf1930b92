/// The commands of ``OfflineCommand``.
extension CommandName {
    static var offlineCommand: CommandDescription {
        CommandDescription(
            ("offline VIEW", "take its share for away"),
            brief: "take the share of a view for away", operands: [.view],
            text: """
                From now on the view asks its share for nothing, whether that is there or not: what is cached is
                served, and everything else fails at once ("Network is down"). Ends with `larder online
                VIEW`, and with the daemon; a reload leaves it as it is.
                """,
            exitCodes: [
                "0  it is offline", "1  its daemon did not answer", "2  the command line is wrong",
                "3  it was offline already, or VIEW is not in a view",
            ])
    }

    static var onlineCommand: CommandDescription {
        CommandDescription(
            ("online VIEW", "ask its share again"),
            brief: "ask the share of a view again", operands: [.view],
            text: """
                Ends what `larder offline VIEW` or the option offline=yes has begun. Where the share does not
                answer, or is not there, the view goes on with what is cached, and looks for it every second.
                """,
            exitCodes: [
                "0  it is asked again", "1  its daemon did not answer",
                "2  the command line is wrong",
                "3  it was not offline by request, or VIEW is not in a view",
            ])
    }
}
