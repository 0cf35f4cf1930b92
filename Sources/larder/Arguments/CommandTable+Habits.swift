import Control
import Model

/// The commands for what people do, and are expected to do; see ``CommandDescription``.
extension CommandName {
    private typealias Operand = CommandDescription.Operand

    static var historyCommand: CommandDescription {
        CommandDescription(
            ("history [PATH] [--forget] [--json]", "what was opened, by whom and when"),
            brief: "what was opened, by whom and when",
            operands: [Operand("path", .pathInView)],
            options: [
                CommandOption(
                    "--forget", brief: "remember it no more",
                    summary: "remember no more what was done at and below PATH, or anywhere"),
                .json,
            ],
            text: """
                Shows which files of a folder, or of all views, were opened most, and of one file who opened
                it when. It is kept for history-age=, in a file beside the cache that nobody else can read;
                nothing of it leaves this machine. Of what [history] exclude names, nothing is kept.

                With --forget it is remembered no more: nothing of it can be found in that file afterwards,
                and habits that were learned from it are gone.
                """,
            exitCodes: [
                "0  shown, or forgotten", "1  larder did not answer",
                "2  the command line is wrong",
                "3  nothing is remembered, or no history is kept",
            ])
    }

    static var forecastCommand: CommandDescription {
        CommandDescription(
            ("forecast [VIEW] [--hours N] [--json]", "what is expected to be opened, and when"),
            brief: "what is expected to be opened",
            operands: [.view],
            options: [
                CommandOption(
                    "--hours", value: "N", takes: .text("number"), brief: "how far ahead",
                    summary: "so many hours from now, up to \(ForecastReport.hoursMax) (12)"),
                .json,
            ],
            text: """
                Shows what people's habits let expect in the next hours: which file, when, how surely, why,
                and how much of it would be fetched before its time. The last line says how the last 24
                hours had been expected. What is expected comes from the history (`larder history`): files
                that are opened at their time of day, and the next of folders that are gone through in
                order.
                """,
            exitCodes: [
                "0  shown", "1  larder did not answer", "2  the command line is wrong",
                "3  nothing is expected, or no history is kept",
            ])
    }
}
