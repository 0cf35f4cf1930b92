import Forest
import Habits
import Model

/// One method's three weeks: a virtual daemon that learns, brings and keeps.
struct HouseholdRun: Sendable {
    let household: Household
    let method: HouseholdMethod
    let settings: HouseholdSettings
    /// What was read is kept, too. Without it all that is found was brought for this very open.
    let keepsReads: Bool
    /// Bytes that may be brought each day; nil: as many as the method says.
    let allowance: [Int64]?
    private let order: NamedOrder
    private let places: [UInt64: Int]
    private let judgedFrom: Int64
    private var model: HabitModel
    private var tier: HouseholdTier
    /// The tier as it would be if nothing were brought.
    private var readsAlone: HouseholdTier
    private var expectations = HouseholdExpectations()
    private var openCounts: [Int: Int] = [:]
    /// Mean bytes that were read of a file, and how often.
    private var reads: [Int: (bytes: Int64, count: Int64)] = [:]
    private var row: HouseholdRow
    private var sampler: HabitSampler
    private var forest: ForestModel?
    private var trainedOnDay = -1

    init(
        _ household: Household, _ method: HouseholdMethod, _ settings: HouseholdSettings,
        keepsReads: Bool, allowance: [Int64]? = nil
    ) {
        self.household = household
        self.method = method
        self.settings = settings
        self.keepsReads = keepsReads
        self.allowance = allowance
        order = household.order
        places = Dictionary(
            household.files.indices.map { (household.files[$0].number, $0) },
            uniquingKeysWith: { first, _ in first })
        judgedFrom = household.second(ofDay: settings.learnedDays, 0)
        model = HabitModel(clock: household.clock)
        tier = HouseholdTier(keptSeconds: settings.keptSeconds)
        readsAlone = tier
        row = HouseholdRow(method: method)
        sampler = HabitSampler(span: Int64(Household.days) * 86_400)
        row.broughtByDay = Array(repeating: 0, count: Household.days)
    }

    /// Rounds begin a tier's memory before the judged days: what is brought earlier is gone by then.
    mutating func run() -> HouseholdRow {
        let firstRound = max(household.start, judgedFrom - settings.keptSeconds)
        let end = household.second(ofDay: Household.days, 0)
        var next = 0
        for now in stride(from: household.start, to: end, by: Int(settings.roundSeconds)) {
            if now >= firstRound { round(at: now, nextOpen: next) }
            while next < household.opens.count,
                household.opens[next].at < now + settings.roundSeconds
            {
                open(household.opens[next])
                next += 1
            }
        }
        settle(at: end)
        return row
    }

    private func isJudged(_ now: Int64) -> Bool { now >= judgedFrom }

    private func day(_ now: Int64) -> Int {
        min(max(0, Int((now - household.start) / 86_400)), Household.days - 1)
    }

    // MARK: - Rounds

    private mutating func round(at now: Int64, nextOpen: Int) {
        settle(at: now)
        train(at: now)
        switch method {
        case .nothing: return
        case .rules, .forest: bringExpected(at: now)
        case .popularity: bringPopular(at: now)
        case .oracle:
            let until = now + settings.lookaheadSeconds
            for open in household.opens[nextOpen...] {
                guard open.at < until else { break }
                guard open.isHabitual else { continue }
                bring(
                    open.file, bytes: household.files[open.file].headBytes,
                    until: open.at + settings.graceSeconds, isRelated: false, at: now)
            }
        }
    }

    private mutating func bringExpected(at now: Int64) {
        let found = expected(at: now)
        let accuracy = expectations.accuracy.value / RecentAccuracy.unknown
        let chosen = found.filter { $0.probability * accuracy >= settings.probabilityMin }
        for candidate in chosen.prefix(settings.targetsMax) {
            guard let file = places[candidate.file] else { continue }
            bring(
                file, bytes: bytes(candidate.bytes, of: file),
                until: candidate.window.upperBound + settings.graceSeconds, isRelated: false,
                at: now)
        }
    }

    private func expected(at now: Int64) -> [HabitCandidate] {
        guard let forest else {
            return model.expected(from: now, until: now + settings.lookaheadSeconds, order)
        }
        let (evidence, local) = model.possible(
            from: now, until: now + forest.lookaheadSeconds, order)
        return HabitRanking.candidates(evidence, forest, at: now, local)
    }

    /// Once a day, from the days that are judged on.
    private mutating func train(at now: Int64) {
        guard method == .forest, isJudged(now), day(now) != trainedOnDay else { return }
        trainedOnDay = day(now)
        guard let trained = settings.train?(sampler.finished(at: now)) else { return }
        forest = trained.scorecard.isBetter || settings.alwaysUsesForest ? trained : nil
        row.daysWithForest += forest == nil ? 0 : 1
    }

    /// Until the day's bytes are spent.
    private mutating func bringPopular(at now: Int64) {
        let most = openCounts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        for (file, _) in most.prefix(settings.targetsMax) {
            let count = bytes(reads[file]?.bytes, of: file)
            guard row.broughtByDay[day(now)] + count <= (allowance?[day(now)] ?? .max) else {
                return
            }
            bring(
                file, bytes: count, until: now + settings.relatedSeconds, isRelated: false,
                at: now)
        }
    }

    /// As the daemon's warmer has it.
    private func bytes(_ usual: Int64?, of file: Int) -> Int64 {
        let wanted = HeadBytes.expected(usual, of: household.files[file].type)
        return min(wanted, household.files[file].size)
    }

    private mutating func bring(
        _ file: Int, bytes: Int64, until: Int64, isRelated: Bool, at now: Int64
    ) {
        guard !expectations.isWaiting(for: file) else { return }
        let isWatched =
            method.hasHabits && !isRelated
            && expectations.accuracy.value < settings.accuracyMin
        let missing = bytes - tier.bytes(of: file, at: now)
        guard missing > 0 else {
            // It is wanted, and does not end its time a minute before it is used.
            tier.keep(file, bytes: bytes, at: now)
            return
        }
        expectations.expect(
            file,
            .init(
                until: until, bytes: isWatched ? 0 : missing, isRelated: isRelated,
                isWatched: isWatched))
        guard !isWatched, isRelated || isAllowed(missing, at: now) else { return }
        tier.keep(file, bytes: bytes, at: now)
        row.broughtByDay[day(now)] += missing
        guard isJudged(now) else { return }
        row.broughtBytes += missing
        row.shareBytes += missing
    }

    /// Of a forest's: no more in all than the rules had brought by the same day.
    private func isAllowed(_ bytes: Int64, at now: Int64) -> Bool {
        guard method == .forest, let allowance else { return true }
        let days = 0...day(now)
        return row.broughtByDay[days].reduce(bytes, +) <= allowance[days].reduce(0, +)
    }

    // MARK: - Opens

    private mutating func open(_ open: HouseholdOpen) {
        // What backups open is no habit, and what they read is not kept.
        guard open.kind != .scan else { return }
        let now = open.at
        if let (expectation, isRight) = expectations.opened(open.file, at: now) {
            end(expectation, isRight: isRight, at: now)
        }
        judge(open)
        if keepsReads {
            tier.keep(open.file, bytes: open.readBytes, at: now)
            readsAlone.keep(open.file, bytes: open.readBytes, at: now)
        } else {
            tier.drop(open.file)
        }
        openCounts[open.file, default: 0] += 1
        learn(open)
        guard method.hasHabits, now >= judgedFrom - settings.keptSeconds else { return }
        let number = household.files[open.file].number
        let found = model.related(to: number, at: Timestamp(seconds: now), order)
        for candidate in found where candidate.probability >= settings.relatedMin {
            guard let file = places[candidate.file] else { continue }
            bring(
                file, bytes: bytes(candidate.bytes, of: file),
                until: now + settings.relatedSeconds, isRelated: true, at: now)
        }
    }

    private mutating func learn(_ open: HouseholdOpen) {
        let file = household.files[open.file]
        if method == .forest {
            for moment in sampler.moments(before: open.at) {
                let (evidence, local) = model.possible(
                    from: moment, until: moment + HabitSampler.lookaheadSeconds, order)
                sampler.note(evidence, at: moment, local)
            }
            sampler.opened(file.number, at: open.at)
        }
        model.note(
            HabitOpen(
                file: file.number, folder: file.folder, type: file.type, size: file.size,
                at: Timestamp(seconds: open.at), session: open.session,
                usualBytes: reads[open.file]?.bytes),
            goesOn: model.latest(in: file.folder).flatMap { latest in
                order.next(after: latest, in: file.folder).map { $0.file == file.number }
            })
        let (bytes, count) = reads[open.file] ?? (0, 0)
        reads[open.file] = ((bytes * count + open.readBytes) / (count + 1), count + 1)
    }

    private mutating func judge(_ open: HouseholdOpen) {
        guard isJudged(open.at) else { return }
        let head = household.files[open.file].headBytes
        let held = tier.bytes(of: open.file, at: open.at)
        row.shareBytes += max(0, open.readBytes - held)
        let isCold = readsAlone.bytes(of: open.file, at: open.at) < head
        let count = { (opens: inout HouseholdRow.Opens) in
            opens.count += 1
            opens.found += held >= head ? 1 : 0
            opens.cold += isCold ? 1 : 0
            opens.coldFound += isCold && held >= head ? 1 : 0
        }
        count(&row.kinds[open.kind, default: .init()])
        if open.isHabitual { count(&row.habitual) }
    }

    private mutating func settle(at now: Int64) {
        for expectation in expectations.settle(at: now) {
            end(expectation, isRight: false, at: now)
        }
    }

    private mutating func end(
        _ expectation: HouseholdExpectations.Expectation, isRight: Bool, at now: Int64
    ) {
        guard isJudged(now), !expectation.isWatched else { return }
        switch (expectation.isRelated, isRight) {
        case (false, true): row.right += 1
        case (false, false): row.wrong += 1
        case (true, true): row.relatedRight += 1
        case (true, false): row.relatedWrong += 1
        }
        if !isRight { row.wastedBytes += expectation.bytes }
    }
}
