import Control
import Model
import Platform

/// `larder verify [VIEW | PATH…] [--against-share]`.
struct VerifyCommand {
    var request: VerifyRequest
    var client = ControlClient()
    private let clock = SystemClock()

    init(request: VerifyRequest) {
        self.request = request
    }

    /// While somebody reads from the disk, this many times what a look takes is left to him.
    private static let pauseForReaders = 4
    /// Between two pictures.
    private static let interval = Duration.milliseconds(200)

    func run() throws(CommandError) -> ExitCode {
        let locator = try ViewLocator.current()
        var places: [(view: ViewLocator.View, path: RelativePath)] = []
        var isAllRight = true
        for path in request.paths {
            if let place = locator.locateLocally(path) {
                places.append(place)
            } else {
                Terminal.err(ViewLocator.isInNoView(path))
                isAllRight = false
            }
        }
        if request.paths.isEmpty {
            places = try locator.views(nil).map { ($0, RelativePath()) }
            guard !places.isEmpty else {
                throw CommandError(
                    .nothingToDo, "no view is mounted; `larder mount SHARE VIEW` mounts one")
            }
        }
        var isAnything = false
        for (view, path) in places {
            do throws(CommandError) {
                let account = try verify(view, path)
                Terminal.out("\(path.shown(in: view.path)): \(account.text)")
                isAnything = isAnything || !account.isEmpty
                isAllRight = isAllRight && account.isAllRight
            } catch {
                Terminal.err(error.message)
                isAllRight = false
            }
        }
        if !isAllRight { return .failure }
        return isAnything ? .ok : .nothingToDo
    }

    private func verify(
        _ view: ViewLocator.View, _ path: RelativePath
    ) throws(CommandError) -> VerifyAccount {
        var account = VerifyAccount(isCompared: request.againstShare)
        var comparison = try request.againstShare ? comparison(view) : nil
        let isLive = TerminalMode.isTerminal(2) && Environment.variable("TERM") != "dumb"
        var drawnAt = clock.monotonic
        defer { if isLive { Terminal.note("\r\u{1B}[K") } }
        var next: Int64? = 0
        while let after = next {
            let start = clock.monotonic
            let batch = try view.ask(
                .verify(WirePath(path), after: after, sums: request.againstShare), client
            ) { response in
                if case .verified(let batch) = response { batch } else { nil }
            }
            if let trouble = batch.trouble { throw .failure("\(view.path): \(trouble)") }
            // What it takes to ask is the daemon's time, too.
            let took = clock.monotonic - start
            account.add(batch)
            for damage in batch.damaged { say(view, damage.path.path, VerifyAccount.text(damage)) }
            try comparison?.compare(batch.contents, &account) { path, text in
                say(view, path, text)
            }
            if isLive, clock.monotonic - drawnAt >= Self.interval {
                drawnAt = clock.monotonic
                let progress = account.progress(
                    chunksOfAll: path.components.isEmpty ? batch.chunksOfAll : nil)
                Terminal.note("\r\(progress)\u{1B}[K")
            }
            next = batch.next
            if next != nil { Pause.wait(batch.isBusy ? took * Self.pauseForReaders : took) }
        }
        try comparison?.finish(&account) { path, text in say(view, path, text) }
        try forget(comparison?.different ?? [], view)
        return account
    }

    private func say(_ view: ViewLocator.View, _ path: RelativePath, _ text: String) {
        // Above the picture.
        if TerminalMode.isTerminal(2) { Terminal.note("\r\u{1B}[K") }
        Terminal.err("\(view.path)/\(path): \(text)")
    }

    private func comparison(_ view: ViewLocator.View) throws(CommandError) -> ShareComparison {
        let report = try view.ask(.status, client) { response in
            if case .status(let report) = response { report } else { nil }
        }
        return ShareComparison(share: report.sharePath)
    }

    /// What the cache has of files that are others on the share must not be served again.
    private func forget(
        _ paths: [RelativePath], _ view: ViewLocator.View
    ) throws(CommandError) {
        for batch in PathsByView.batches(paths.map(WirePath.init)) {
            _ = try view.ask(.evict(batch), client) { response in
                if case .evicted(let reports) = response { reports } else { nil }
            }
        }
    }
}

/// What came of it, so far.
struct VerifyAccount: Equatable {
    var isCompared = false
    var chunks = 0
    var bytes: Int64 = 0
    var damagedBlocks = 0
    var damagedFiles: Set<RelativePath> = []
    var damagedRows = 0
    /// With the share.
    var comparedBytes: Int64 = 0
    var different = 0
    /// Not there any more, or of another size or time.
    var changed = 0
    var unread = 0

    init(isCompared: Bool) {
        self.isCompared = isCompared
    }

    var isEmpty: Bool { chunks == 0 && damagedRows == 0 }
    var isAllRight: Bool {
        damagedBlocks == 0 && damagedRows == 0 && different == 0 && unread == 0 && !isUncompared
    }
    /// Everything has changed on the share, or it is not the one: an empty mountpoint looks so.
    private var isUncompared: Bool { isCompared && comparedBytes == 0 && changed > 0 }

    mutating func add(_ batch: VerificationBatch) {
        chunks += batch.chunks
        bytes += batch.bytes
        damagedRows += batch.damagedRows
        for damage in batch.damaged {
            damagedBlocks += damage.blocks
            damagedFiles.insert(damage.path.path)
        }
    }

    static func text(_ damage: VerificationBatch.Damage) -> String {
        let blocks = StatusText.count(damage.blocks, "stored block is", plural: "stored blocks are")
        return "\(blocks) damaged and dropped; fetched again when wanted"
    }

    /// - Parameter chunksOfAll: nil where it is not known how many there will be.
    func progress(chunksOfAll: Int?) -> String {
        let read = "\(ByteCount(bytes)) checked"
        guard let chunksOfAll, chunksOfAll > 0 else { return read }
        return "\(min(100, chunks * 100 / chunksOfAll)) %  \(read)"
    }

    var text: String {
        guard !isEmpty else { return "nothing is stored" }
        var parts = [
            "\(StatusText.count(chunks, "chunk")), \(ByteCount(bytes)) checked"
        ]
        if damagedBlocks > 0 {
            let blocks = StatusText.count(damagedBlocks, "damaged block")
            parts.append("\(blocks) of \(StatusText.count(damagedFiles.count, "file")) dropped")
        }
        if damagedRows > 0 {
            parts.append("\(StatusText.count(damagedRows, "row")) of the index damaged")
        }
        if isCompared {
            parts.append("\(ByteCount(comparedBytes)) compared with the share")
            if different > 0 {
                let files = StatusText.count(different, "file differs", plural: "files differ")
                parts.append("\(files) and \(different == 1 ? "is" : "are") forgotten")
            }
            if changed > 0 {
                let files = StatusText.count(changed, "file has", plural: "files have")
                parts.append("\(files) changed since, and not been compared")
            }
            if unread > 0 {
                let files = StatusText.count(unread, "file")
                parts.append("\(files) could not be read on the share")
            }
        }
        if isUncompared { parts.append("nothing was compared: is the share mounted?") }
        return parts.joined(separator: "; ") + (isAllRight ? ": all right" : "")
    }
}
