import Model

/// From file to file.
extension Foresight {
    /// Files of one folder that are looked at.
    static let folderFilesMax = 50_000
    /// Folders beyond the present one into which one plan reaches.
    static let crossingsMax = 16

    // MARK: - Sweeps

    mutating func planSweep(
        _ event: OpenEvent, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        let folder = event.file.folder
        let cameFrom = folders.lastFolder
        noteCrossing(to: folder, among: neighbours)
        guard watch(folder, event, from: cameFrom, among: neighbours) else {
            planSecond(event, among: neighbours, &plan)
            return
        }
        let before = folders[folder]?.lastFile
        guard folders[folder]?.visit(event.file.number, at: event.at) == true else { return }
        folders.touch(folder)
        if let before, let place = files.place(of: before) {
            // It may be opened again, by a worker that is not done with it: see closed.
            if files[place].handles == 0 { folders[folder]?.profile.note(files[place]) }
            files[place].isLeft = true
        }
        guard governor.restraint == nil, let order = folders[folder]?.order else { return }
        sweepOn(from: folder, order, event, among: neighbours, &plan)
    }

    /// Whether a walk takes folders in the order of listings or of names shows when it goes from one to the next.
    private mutating func noteCrossing(
        to folder: FolderNumber, among neighbours: borrowing some Neighbourhood
    ) {
        defer { folders.noteLast(folder) }
        guard let last = folders.lastFolder, last != folder, folders.contains(last) else { return }
        folders.entered(
            folder, nextByListing: neighbours.folder(after: last, byName: false) == folder,
            nextByName: neighbours.folder(after: last, byName: true) == folder)
    }

    /// Begins to watch a folder with the second file that is opened in it; with the first, where somebody comes from a folder
    /// of which he opened one file after the other in no order: then the order of folders is no more known.
    private mutating func watch(
        _ folder: FolderNumber, _ event: OpenEvent, from before: FolderNumber?,
        among neighbours: borrowing some Neighbourhood
    ) -> Bool {
        if let known = folders[folder] {
            if known.contains(event.file.number) { return true }
            folders.remove(folder)  // its listing has changed
        } else if let before, let from = folders[before], from.order == .any,
            event.at - from.lastAt <= FolderSweep.anyPause,
            let snapshot = neighbours.files(of: folder, filesMax: Self.folderFilesMax)
        {
            var sweep = FolderSweep(snapshot)
            sweep.inherit(from: from, order: .any)
            guard sweep.contains(event.file.number) else { return false }
            folders.insert(sweep)
            return true
        }
        guard let first = folders.firstVisit(event.file.number, in: folder, at: event.at),
            let snapshot = neighbours.files(of: folder, filesMax: Self.folderFilesMax)
        else { return false }
        var sweep = FolderSweep(snapshot)
        if sweep.isListed(event.file.number, behind: first.file) { folders.noteSecond() }
        if sweep.contains(first.file) { _ = sweep.visit(first.file, at: first.at) }
        guard sweep.contains(event.file.number) else { return false }
        folders.insert(sweep)
        return true
    }

    /// The first file of a folder is opened, by somebody who looks at one or two in each (`head *`, a file manager's
    /// previews): the beginning of the next.
    private mutating func planSecond(
        _ event: OpenEvent, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        guard folders.expectsSecond, governor.restraint == nil, allowance.left > 0, budgetLeft > 0,
            ledger[.sweep].trust == .full,
            let files = neighbours.files(of: event.file.folder, filesMax: 4096)?.files,
            let at = files.firstIndex(where: { $0.number == event.file.number }),
            at + 1 < files.count
        else { return }
        let facts = files[at + 1]
        guard let place = touchUnread(facts) else { return }
        predict(
            place, 0..<min(facts.size, tuning.unit), confidence: 0.7, .sweep,
            Prediction.Because(reads: 1, confidence: 0.7), at: event.at, &plan)
    }

    private mutating func sweepOn(
        from folder: FolderNumber, _ order: FolderSweep.Order, _ event: OpenEvent,
        among neighbours: borrowing some Neighbourhood, _ plan: inout PrefetchPlan
    ) {
        guard let sweep = folders[folder] else { return }
        let divisor = ledger[.sweep].windowDivisor
        let isScanner = readers.isScanner(event.reader)
        var left = sweep.aheadFiles(order)
        left = divisor == 0 ? 2 : max(1, left / Int(divisor))
        var bytes = min(order == .any ? anyLimit : windowLimit, budgetLeft)
        let because = Prediction.Because(
            reads: sweep.run(order), confidence: sweep.confidence)
        var at = folder
        var position = sweep.position(order)
        for _ in 0..<Self.crossingsMax {
            request(
                in: at, order, from: position, &left, &bytes, isScanner: isScanner, because, event,
                &plan)
            guard left > 0, bytes > 0, !order.isBackward, sweep.run(order) >= 2 else {
                return
            }
            guard let next = follow(at, order, among: neighbours, &plan) else { return }
            at = next
            position = -1
        }
    }

    /// Bytes ahead of somebody whose order cannot be told: it takes more to have the next one among them.
    private var anyLimit: Int64 {
        governor.isLinkBusy ? windowLimit : max(windowLimit, budgetLeft / 2)
    }

    /// Requests the files after `position` in one folder; counts down files and bytes that may be ahead.
    private mutating func request(
        in folder: FolderNumber, _ order: FolderSweep.Order, from position: Int, _ left: inout Int,
        _ bytes: inout Int64, isScanner: Bool, _ because: Prediction.Because, _ event: OpenEvent,
        _ plan: inout PrefetchPlan
    ) {
        guard let sweep = folders[folder] else { return }
        if order == .any {
            // Ahead already, wherever in the folder.
            left -= sweep.askedFiles
            bytes -= sweep.askedBytes
        }
        var at = position + 1
        while at < sweep.files.count, left > 0, bytes > 0 {
            let facts = sweep.file(at: at, order)
            if order == .any, at < sweep.requested[order.rawValue] || sweep.isSeen(facts.number) {
                at += 1
                continue
            }
            let headMax = isScanner ? 4 * tuning.unit : windowLimit / 4
            let ranges = sweep.profile.ranges(size: facts.size, unit: tuning.unit, headMax: headMax)
            let size = ranges.reduce(Int64(0)) { $0 + Int64($1.count) }
            left -= 1
            bytes -= size
            defer { at += 1 }
            // Asked for by an earlier plan: ahead already, and counted.
            guard at >= sweep.requested[order.rawValue] else { continue }
            guard plan.requests.count + ranges.count <= Self.requestsMax, allowance.left > 0
            else { break }
            folders[folder]?.requested[order.rawValue] = at + 1
            guard facts.number != event.file.number else { continue }
            guard let place = touchUnread(facts), !isSwept(place) else { continue }
            if order == .any { folders[folder]?.ask(facts.number, bytes: size) }
            for range in ranges {
                predict(
                    place, range, confidence: because.confidence, .sweep, because, at: event.at,
                    due: event.at + .milliseconds(5 * plan.requests.count), &plan)
            }
        }
    }

    /// Begins to follow a file that nobody has opened yet; nil where somebody has read of it already.
    private mutating func touchUnread(_ facts: FileFacts) -> Int? {
        let place = files.touch(facts.number, size: facts.size, chunkSize: facts.chunkSize)
        guard files[place].reads == 0 else { return nil }
        if files[place].facts == nil { files[place].facts = facts }
        return place
    }

    /// Asked for already, perhaps when another order was believed.
    private func isSwept(_ file: Int) -> Bool {
        files[file].outstanding.contains {
            ledger.isOpen($0) && ledger.request(at: $0.place).reason == .sweep
        }
    }

    /// The folder that a walk reaches next, watched from now on; nil where there is none or its listing is to come.
    private mutating func follow(
        _ folder: FolderNumber, _ order: FolderSweep.Order,
        among neighbours: borrowing some Neighbourhood, _ plan: inout PrefetchPlan
    ) -> FolderNumber? {
        let byName =
            folders.crossings.name == folders.crossings.listing
            ? order.isByName : folders.crossings.name > folders.crossings.listing
        guard let next = neighbours.folder(after: folder, byName: byName) else { return nil }
        if folders.contains(next) { return next }
        guard let snapshot = neighbours.files(of: next, filesMax: Self.folderFilesMax) else {
            plan.listings.append(next)
            return nil
        }
        guard let from = folders[folder] else { return nil }
        var sweep = FolderSweep(snapshot)
        sweep.inherit(from: from, order: order)
        folders.insert(sweep)
        return next
    }

    // MARK: - Media

    /// Head and tail of a container are wanted at once.
    mutating func planContainer(_ event: OpenEvent, _ plan: inout PrefetchPlan) {
        let facts = event.file
        guard facts.contentType == .media, let place = files.place(of: facts.number),
            files[place].reads == 0, governor.restraint == nil
        else { return }
        let tail = habits.tail(for: facts, chanceMin: Double(strategy.current.chanceMin))
        guard tail > 0, budgetLeft > 0, allowance.left > 0 else { return }
        let unit = tuning.unit
        let because = Prediction.Because(confidence: 0.75)
        predict(
            place, 0..<min(facts.size, 4 * unit), confidence: 0.9, .container, because,
            at: event.at, &plan)
        predict(
            place, ((facts.size - tail) / unit * unit)..<facts.size, confidence: 0.75, .container,
            because, at: event.at, &plan)
    }

    /// Subtitles, artwork and notes of what is opened.
    mutating func planCompanions(
        _ event: OpenEvent, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        let facts = event.file
        guard facts.contentType == .media, facts.size >= 32 << 20, governor.restraint == nil,
            let place = files.place(of: facts.number), files[place].opens == 1,
            ledger[.sidecar].trust != .off, !readers.isScanner(event.reader), allowance.left > 0,
            let snapshot = neighbours.files(of: facts.folder, filesMax: 1024)
        else { return }
        let because = Prediction.Because(confidence: 0.7)
        let sidecars = snapshot.files.filter {
            ($0.contentType == .metadata || $0.contentType == .thumbnail) && $0.size <= 1 << 20
                && FileNaming.isSidecar($0.name, of: facts.name)
        }
        for sidecar in sidecars.prefix(4) {
            let place = files.touch(
                sidecar.number, size: sidecar.size, chunkSize: sidecar.chunkSize)
            guard files[place].reads == 0 else { continue }
            predict(
                place, 0..<sidecar.size, confidence: 0.7, .sidecar, because, at: event.at, &plan)
        }
    }

    /// Who has come near the end of an episode or a track will want the next.
    mutating func planSeries(
        _ file: Int, _ event: ReadEvent, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        guard let facts = files[file].facts, facts.contentType == .media,
            !files[file].hasAskedForNext, files[file].bytesRead >= event.fileSize / 10 * 8,
            event.range.upperBound >= event.fileSize / 10 * 8
        else { return }
        // Asked again with the next read, once nothing holds back.
        guard governor.restraint == nil, allowance.left > 0 else { return }
        files[file].hasAskedForNext = true
        guard ledger[.series].trust != .off,
            !readers.isScanner(event.reader),
            let snapshot = neighbours.files(of: facts.folder, filesMax: 4096),
            let next = snapshot.files.first(where: { FileNaming.isNext($0.name, after: facts.name) }
            )
        else { return }
        guard let place = touchUnread(next), budgetLeft > 0, allowance.left > 0 else { return }
        predict(
            place, 0..<min(next.size, 2 << 20), confidence: 0.8, .series,
            Prediction.Because(confidence: 0.8), at: event.at, &plan)
    }
}
