import Control
import Model

/// `larder list [--json]`.
struct ListCommand {
    private struct Answer: Encodable {
        var version = 1
        var views: [ListedView]
    }

    var json: Bool

    func run() throws(CommandError) -> ExitCode {
        let views = ViewListing(locator: try ViewLocator.current()).views()
        if json {
            try Terminal.out(json: Answer(views: views), of: "the list")
        } else if views.isEmpty {
            throw CommandError(
                .nothingToDo, "no view is mounted; `larder mount SHARE VIEW` mounts one")
        } else {
            Terminal.out(
                Self.table(views).lines(indent: 0, colours: Terminal.outHasColours)
                    .joined(separator: "\n"))
        }
        return views.isEmpty ? .nothingToDo : .ok
    }

    static func table(_ views: [ListedView]) -> TextTable {
        let size = { (bytes: Int64?) in bytes.map { ByteCount($0).description } ?? "-" }
        let rows = views.map { view in
            [
                view.view.printable, view.share.printable, "\(view.userID)", view.state.text,
                size(view.memoryBytes), size(view.diskBytes),
            ]
        }
        return TextTable(
            header: ["view", "share", "user", "state", "in memory", "on disk"], rows: rows,
            wordColumns: [0, 1, 3])
    }
}
