import Control
import FoundationEssentials
import Model

/// `larder ls PATH…`.
struct LsCommand {
    private struct Answer: Encodable {
        var version = 1
        var paths: [Listed]
    }

    /// One path of the command line.
    struct Listed: Encodable {
        /// As it was typed.
        var path: String
        var view: String
        /// The path itself.
        var total: LsRow
        /// What is in it, or below it; none for a file.
        var entries: [LsRow]
    }

    var request: LsRequest
    var client = ControlClient()

    func run() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        var listed: [Listed] = []
        var code = ExitCode.ok
        for path in request.paths {
            do throws(CommandError) {
                listed.append(try list(path, locator))
            } catch {
                Terminal.err(error.message)
                // What failed says more than what was not there.
                if code != .failure { code = error.code }
            }
        }
        if request.json {
            try Terminal.out(json: Answer(paths: listed), of: "the listing")
        } else {
            show(listed)
        }
        return code
    }

    private func list(
        _ path: [UInt8], _ locator: ViewLocator
    ) throws(CommandError) -> Listed {
        let text = String(decoding: path, as: UTF8.self)
        guard let (view, below) = locator.locateLocally(path) else {
            throw CommandError(.nothingToDo, ViewLocator.isInNoView(path))
        }
        let tree = try Self.survey(below) { (request) throws(CommandError) in
            try view.ask(request, client) { $0 }
        }
        guard !tree.isEmpty else {
            throw CommandError(
                .nothingToDo,
                "\(text.printable): nothing is known of it; `ls` asks the share, this does not")
        }
        let shown = tree.shown(isRecursive: request.isRecursive)
        let isFolder = tree.nodes[0].kind == .folder
        return Listed(
            path: text, view: view.path,
            total: LsRow(tree.nodes[0], shownAs: []),
            entries: !isFolder
                ? []
                : shown.map { place, names in
                    LsRow(tree.nodes[place], shownAs: names)
                })
    }

    /// Asks for everything that a daemon knows and has at and below a path.
    static func survey(
        _ path: RelativePath, ask: (ControlRequest) throws(CommandError) -> ControlResponse
    ) throws(CommandError) -> ContentsTree {
        var tree = ContentsTree(at: path)
        while let (folder, after) = tree.nextQuestion {
            guard case .known(let batch) = try ask(.known(WirePath(folder), after: after)) else {
                throw CommandError(ControlError.badAnswer("another question's"))
            }
            tree.take(batch)
        }
        try cached(path, ask: ask) { batch, tier in tree.take(batch, of: tier) }
        tree.settle()
        return tree
    }

    /// Asks for everything that the tiers have at and below a path.
    static func cached(
        _ path: RelativePath, ask: (ControlRequest) throws(CommandError) -> ControlResponse,
        take: (CachedBatch, CachedBatch.Tier) -> Void
    ) throws(CommandError) {
        for tier in CachedBatch.Tier.allCases {
            var next: Int64? = 0
            while let after = next {
                guard
                    case .cached(let batch) = try ask(.cached(WirePath(path), tier, after: after))
                else { throw CommandError(ControlError.badAnswer("another question's")) }
                take(batch, tier)
                next = batch.next
            }
        }
    }

    private func show(_ listed: [Listed]) {
        // Files first, in one table, as ls has it.
        let files = listed.filter { $0.total.kind != "folder" }
        let folders = listed.filter { $0.total.kind == "folder" }
        var blocks: [String] = []
        if !files.isEmpty {
            let rows = files.map { file in
                var row = file.total
                row.path = file.path
                return row
            }
            blocks.append(Self.text(LsText.table(rows)))
        }
        for folder in folders {
            var lines: [String] = []
            if listed.count > 1 { lines.append("\(folder.path.printable):") }
            if !folder.entries.isEmpty { lines.append(Self.text(LsText.table(folder.entries))) }
            lines.append(LsText.summary(folder.total))
            blocks.append(lines.joined(separator: "\n"))
        }
        if !blocks.isEmpty { Terminal.out(blocks.joined(separator: "\n\n")) }
    }

    private static func text(_ table: TextTable) -> String {
        table.lines(indent: 0, colours: Terminal.outHasColours).joined(separator: "\n")
    }
}
