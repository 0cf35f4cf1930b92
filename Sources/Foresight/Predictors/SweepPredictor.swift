import Model

/// The coming files of a folder that is read file after file, and of the folders behind it.
struct SweepPredictor: Predictor {
    /// Files of one folder that are looked at.
    private static let folderFilesMax = 50_000
    /// Folders beyond the present one into which one plan reaches.
    private static let crossingsMax = 16

    mutating func opened(
        _ event: OpenEvent, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        let folder = event.file.folder
        let cameFrom = scene.folders.lastFolder
        noteCrossing(to: folder, in: &scene, among: neighbours)
        guard watch(folder, event, from: cameFrom, in: &scene, among: neighbours) else {
            planSecond(event, in: &scene, among: neighbours, &plan)
            return
        }
        let before = scene.folders[folder]?.lastFile
        guard scene.folders[folder]?.visit(event.file.number, at: event.at) == true else { return }
        scene.folders.touch(folder)
        if let before, let place = scene.files.place(of: before) {
            // It may be opened again, by a worker that is not done with it: see closed.
            if scene.files[place].handles == 0 {
                scene.folders[folder]?.profile.note(scene.files[place])
            }
            scene.files[place].isLeft = true
        }
        guard scene.arbiter.allows(.sweep, .rest), let order = scene.folders[folder]?.order else {
            return
        }
        sweepOn(from: folder, order, event, in: &scene, among: neighbours, &plan)
    }

    /// Whether a walk takes folders in the order of listings or of names shows when it goes from one to the next.
    private func noteCrossing(
        to folder: FolderNumber, in scene: inout Scene,
        among neighbours: borrowing some Neighbourhood
    ) {
        defer { scene.folders.noteLast(folder) }
        guard let last = scene.folders.lastFolder, last != folder, scene.folders.contains(last)
        else { return }
        scene.folders.entered(
            folder, nextByListing: neighbours.folder(after: last, byName: false) == folder,
            nextByName: neighbours.folder(after: last, byName: true) == folder)
    }

    /// Begins to watch a folder with the second file that is opened in it; with the first, where somebody comes from a folder
    /// of which he opened one file after the other in no order: then the order of folders is no more known.
    private func watch(
        _ folder: FolderNumber, _ event: OpenEvent, from before: FolderNumber?,
        in scene: inout Scene, among neighbours: borrowing some Neighbourhood
    ) -> Bool {
        if let known = scene.folders[folder] {
            if known.contains(event.file.number) { return true }
            scene.folders.remove(folder)  // its listing has changed
        } else if let before, let from = scene.folders[before], from.order == .any,
            event.at - from.lastAt <= FolderSweep.anyPause,
            let snapshot = neighbours.files(of: folder, filesMax: Self.folderFilesMax)
        {
            var sweep = FolderSweep(snapshot)
            sweep.inherit(from: from, order: .any)
            guard sweep.contains(event.file.number) else { return false }
            scene.folders.insert(sweep)
            return true
        }
        guard let first = scene.folders.firstVisit(event.file.number, in: folder, at: event.at),
            let snapshot = neighbours.files(of: folder, filesMax: Self.folderFilesMax)
        else { return false }
        var sweep = FolderSweep(snapshot)
        if sweep.isListed(event.file.number, behind: first.file) { scene.folders.noteSecond() }
        if sweep.contains(first.file) { _ = sweep.visit(first.file, at: first.at) }
        guard sweep.contains(event.file.number) else { return false }
        scene.folders.insert(sweep)
        return true
    }

    /// The first file of a folder is opened, by somebody who looks at one or two in each (`head *`, a file manager's
    /// previews): the beginning of the next.
    private func planSecond(
        _ event: OpenEvent, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        guard scene.folders.expectsSecond,
            scene.arbiter.allows(.sweep, [.rest, .allowance, .budget, .fullTrust]),
            let files = neighbours.files(of: event.file.folder, filesMax: 4096)?.files,
            let at = files.firstIndex(where: { $0.number == event.file.number }),
            at + 1 < files.count
        else { return }
        let facts = files[at + 1]
        guard let place = scene.touchUnread(facts) else { return }
        scene.propose(
            Candidate(
                place, 0..<min(facts.size, scene.arbiter.tuning.unit), probability: 0.7, .sweep,
                Prediction.Because(reads: 1, confidence: 0.7), relatedType: facts.contentType),
            at: event.at, &plan)
    }

    private func sweepOn(
        from folder: FolderNumber, _ order: FolderSweep.Order, _ event: OpenEvent,
        in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        guard let sweep = scene.folders[folder] else { return }
        let divisor = scene.arbiter.ledger[.sweep].windowDivisor
        var left = sweep.aheadFiles(order)
        left = divisor == 0 ? 2 : max(1, left / Int(divisor))
        let limit = order == .any ? Self.anyLimit(scene) : scene.arbiter.windowLimit
        var bytes = min(limit, scene.arbiter.budgetLeft)
        let because = Prediction.Because(
            reads: sweep.run(order), confidence: sweep.confidence)
        var at = folder
        var position = sweep.position(order)
        for _ in 0..<Self.crossingsMax {
            request(
                at, order, from: position, &left, &bytes, because, event, in: &scene, &plan)
            guard left > 0, bytes > 0, !order.isBackward, sweep.run(order) >= 2 else {
                return
            }
            guard let next = follow(at, order, in: &scene, among: neighbours, &plan) else { return }
            at = next
            position = -1
        }
    }

    /// Bytes ahead of somebody whose order cannot be told: it takes more to have the next one among them.
    private static func anyLimit(_ scene: borrowing Scene) -> Int64 {
        scene.arbiter.governor.isLinkBusy
            ? scene.arbiter.windowLimit
            : max(scene.arbiter.windowLimit, scene.arbiter.budgetLeft / 2)
    }

    /// Requests the files after `position` in one folder; counts down files and bytes that may be ahead.
    private func request(
        _ folder: FolderNumber, _ order: FolderSweep.Order, from position: Int, _ left: inout Int,
        _ bytes: inout Int64, _ because: Prediction.Because, _ event: OpenEvent,
        in scene: inout Scene, _ plan: inout PrefetchPlan
    ) {
        guard let sweep = scene.folders[folder] else { return }
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
            let ranges = sweep.profile.ranges(
                size: facts.size, unit: scene.arbiter.tuning.unit,
                headMax: scene.arbiter.windowLimit / 4)
            let size = ranges.reduce(Int64(0)) { $0 + Int64($1.count) }
            left -= 1
            bytes -= size
            defer { at += 1 }
            // Asked for by an earlier plan: ahead already, and counted.
            guard at >= sweep.requested[order.rawValue] else { continue }
            guard plan.requests.count + ranges.count <= Arbiter.requestsMax,
                scene.arbiter.allows(.sweep, .allowance)
            else { break }
            scene.folders[folder]?.requested[order.rawValue] = at + 1
            guard facts.number != event.file.number else { continue }
            guard let place = scene.touchUnread(facts), !Self.isSwept(place, scene) else {
                continue
            }
            if order == .any { scene.folders[folder]?.ask(facts.number, bytes: size) }
            for range in ranges {
                scene.propose(
                    Candidate(
                        place, range, probability: because.confidence, .sweep, because,
                        due: event.at + .milliseconds(5 * plan.requests.count),
                        relatedType: facts.contentType), at: event.at,
                    &plan)
            }
        }
    }

    /// Asked for already, perhaps when another order was believed.
    private static func isSwept(_ file: Int, _ scene: borrowing Scene) -> Bool {
        scene.files[file].outstanding.contains {
            scene.arbiter.ledger.isOpen($0)
                && scene.arbiter.ledger.request(at: $0.place).reason == .sweep
        }
    }

    /// The folder that a walk reaches next, watched from now on; nil where there is none or its listing is to come.
    private func follow(
        _ folder: FolderNumber, _ order: FolderSweep.Order,
        in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) -> FolderNumber? {
        let byName =
            scene.folders.crossings.name == scene.folders.crossings.listing
            ? order.isByName : scene.folders.crossings.name > scene.folders.crossings.listing
        guard let next = neighbours.folder(after: folder, byName: byName) else { return nil }
        if scene.folders.contains(next) { return next }
        guard let snapshot = neighbours.files(of: next, filesMax: Self.folderFilesMax) else {
            plan.listings.append(next)
            return nil
        }
        guard let from = scene.folders[folder] else { return nil }
        var sweep = FolderSweep(snapshot)
        sweep.inherit(from: from, order: order)
        scene.folders.insert(sweep)
        return next
    }
}
