import Forest
import Habits
import History
import Model
import Platform
import Synchronization

/// What a forest learns from, and what it says.
extension HabitKeeper {
    /// Folders of which the names are looked up for samples of the past.
    private static let foldersMax = 500

    /// In a round: has a forest grown when it is time for a new one.
    func trainIfDue() {
        guard let trainer,
            trainer.isDue(at: clock.monotonic, opens: recorder.figures.noted)
        else { return }
        let past = pastKnowledge()
        // A machine without a battery for its clock begins in 1970.
        let now = max(0, clock.wall.seconds)
        trainer.train { [self] mayGoOn throws(HistoryError) in
            try samples(past, until: now, mayGoOn)
        }
    }

    /// A model that knows nothing yet, with the names of the folders that habits are about, as they are today.
    private func pastKnowledge() -> Knowledge {
        var past = Knowledge(model: HabitModel(clock: Self.localClock))
        past.order = HabitOrder(foldersMax: Self.foldersMax)
        let folders = knowledge.withLock { knowledge in
            knowledge.model.foldersUsed(atMost: Self.foldersMax).compactMap {
                knowledge.paths.value(for: $0)
            }
        }
        let now = clock.monotonic
        for folder in folders where mayGoOn {
            guard let own = knownNames(of: folder) else { continue }
            var contents: [HabitOrder.Contents] = [(nil, own.files)]
            for part in own.parts {
                guard let names = knownNames(of: folder.appending(part)) else { continue }
                contents.append((part, names.files))
            }
            past.show(folder, contents, rules, at: now)
        }
        return past
    }

    /// Goes through the history once more, and asks at moments of it what may be opened then.
    private func samples(
        _ past: Knowledge, until now: Int64, _ mayGoOn: () -> Bool
    ) throws(HistoryError) -> [TrainingSample] {
        var past = past
        var sampler: HabitSampler?
        try eachPage(in: Timestamp(seconds: 0)..<Timestamp(seconds: now)) { page in
            for event in page {
                let time = event.time.seconds
                var sampling = sampler ?? HabitSampler(span: now - time)
                for moment in sampling.moments(before: time) {
                    let (evidence, local) = past.possible(at: moment)
                    sampling.note(evidence, at: moment, local)
                    guard mayGoOn() else { return false }
                }
                sampling.opened(Self.number(of: event.path), at: time)
                sampler = sampling
                past.note(open(event), usualBytes: nil)
            }
            return mayGoOn()
        }
        return sampler?.finished(at: now) ?? []
    }

    /// What the forest expects in a span of time that it looks ahead; nil where the rules decide.
    ///
    /// - Parameter until: of what rules would be asked; a forest has a span of its own.
    func forestTargets(from now: Int64, until: Int64) -> [WarmTarget]? {
        guard let forest = trainer?.forest, until - now <= forest.lookaheadSeconds else {
            return nil
        }
        return knowledge.withLock { knowledge in
            let (evidence, local) = knowledge.possible(at: now)
            return targets(
                HabitRanking.candidates(evidence, forest, at: now, local), &knowledge)
        }
    }
}

extension HabitKeeper.Knowledge {
    /// What may be opened within the lookahead of forests.
    fileprivate func possible(at now: Int64) -> (evidence: [HabitEvidence], local: Habits.LocalTime)
    {
        model.possible(from: now, until: now + HabitSampler.lookaheadSeconds, order)
    }
}
