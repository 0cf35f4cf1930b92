import Forest
import History
import Model
import Platform
import Synchronization

/// Has a forest grown of the history now and then, and hands it out while it is better than the rules.
///
/// The samples are made anew each time, of the history alone (``HabitSampler``): so nothing is kept of what was forgotten, and a
/// new mount begins where the last one ended. A thread that works only while nobody else wants the processor makes them and
/// writes them into a file; `larder-train`, a process of its own, reads that and replaces the model's file, which is read and judged here. Whatever becomes of
/// all this, the rules decide meanwhile.
///
/// Threads: any; nothing here waits but ``load()`` and ``forget()``, for the disk.
final class HabitTrainer: Sendable {
    static let interval = Duration.seconds(3600)
    /// Opens since the last time below which there is nothing new to learn.
    static let opensMin = 20
    /// How old a model may be, in seconds: habits change.
    static let ageMax: Int64 = 7 * 86_400

    /// Makes samples; asked while it does whether it may go on.
    typealias Sampling = @Sendable (_ mayGoOn: () -> Bool) throws(HistoryError) -> [TrainingSample]

    private struct State: Sendable {
        var model: ForestModel?
        var trouble: String?
        var isBusy = false
        var isStopped = false
        var due = Duration.zero
        /// Noted when samples were made last; nil: not in this mount.
        var opensBefore: Int?
        /// What was forgotten while a model was made is in that model.
        var generation = 0
    }

    private let modelPath: String
    private let samplesPath: String
    private let trainer: TrainerProcess?
    private let clock: any LarderClock
    private let log: Log
    private let state = Mutex(State())

    init(_ place: ForestPlace, clock: any LarderClock, log: Log) {
        modelPath = "\(place.directory)/forest"
        samplesPath = "\(place.directory)/samples"
        trainer = place.program.map { TrainerProcess(program: $0) }
        self.clock = clock
        self.log = log
        if trainer == nil {
            state.withLock { $0.trouble = "larder-train is not installed" }
        }
    }

    /// The model, where it decides; nil: the rules do.
    var forest: ForestModel? {
        let now = clock.wall.seconds
        return state.withLock { $0.model }.flatMap { Self.decides($0, at: now) ? $0 : nil }
    }

    private static func decides(_ model: ForestModel, at now: Int64) -> Bool {
        model.scorecard.isBetter && now - model.window.last <= ageMax
    }

    var report: ForestReport {
        let now = clock.wall.seconds
        let (model, trouble) = state.withLock { ($0.model, $0.trouble) }
        var report = ForestReport()
        report.trouble = trouble
        guard let model else { return report }
        report.decides = Self.decides(model, at: now)
        report.samples = Int(model.window.learned + model.window.calibrated + model.window.judged)
        report.reads = Int(model.scorecard.reads)
        report.upTo = model.window.last
        report.advantage = model.scorecard.advantage
        return report
    }

    /// Reads the model of an earlier mount. Blocks for the disk.
    func load() {
        do throws(ForestModelRefusal) {
            try take()
        } catch .unreadable(.noSuchFile) {
            // Nothing was learned yet.
        } catch {
            setAside(error)
        }
    }

    private func take(generation: Int? = nil) throws(ForestModelRefusal) {
        let model = try ForestModelFile.read(modelPath)
        guard model.lookaheadSeconds == HabitSampler.lookaheadSeconds else { return }
        state.withLock { state in
            guard generation ?? state.generation == state.generation else { return }
            state.model = model
            state.trouble = nil
        }
    }

    /// It is refused once, and can be looked at.
    private func setAside(_ refusal: ForestModelRefusal) {
        var place = ""
        do throws(FileRefusal) {
            place = "; it is \(try ForestModelFile.setAside(modelPath)) now"
        } catch {
            place = "; it cannot be moved out of the way: \(error)"
        }
        log(.warning, "\(modelPath) \(refusal)\(place); a new one is made of the history")
        state.withLock { $0.trouble = "the last model \(refusal)" }
    }

    // MARK: - Training

    var isBusy: Bool { state.withLock { $0.isBusy } }

    /// Whether it is time for a new one.
    ///
    /// - Parameters:
    ///   - now: monotonic.
    ///   - opens: that were noted since the mount.
    func isDue(at now: Duration, opens: Int) -> Bool {
        guard trainer != nil else { return false }
        return state.withLock { state in
            // Of an earlier mount's history nothing may have been learned yet.
            let isNew =
                opens - (state.opensBefore ?? 0) >= Self.opensMin
                || (state.opensBefore == nil && state.model == nil)
            guard !state.isBusy, !state.isStopped, now >= state.due, isNew else { return false }
            state.due = now + Self.interval
            state.opensBefore = opens
            return true
        }
    }

    /// Makes samples and a model behind everybody's back. Returns at once; while one is made nothing happens.
    func train(_ sampling: @escaping Sampling) {
        let generation = state.withLock { state -> Int? in
            guard !state.isBusy, !state.isStopped else { return nil }
            state.isBusy = true
            return state.generation
        }
        guard let generation else { return }
        startThread(name: "larder-samples") { [self] in
            // What the kernel refuses of it makes it no less right.
            try? BackgroundWork.runWhenIdle()
            guard let trainer, write(sampling, generation) else { return finish(nil, generation) }
            let job = TrainerProcess.Job(samples: samplesPath, model: modelPath)
            let isStarted = trainer.start(job) { outcome in self.finish(outcome, generation) }
            if !isStarted { finish(nil, generation) }
        }
    }

    private func mayGoOn(_ generation: Int) -> Bool {
        state.withLock { !$0.isStopped && $0.generation == generation }
    }

    /// - Returns: whether the samples are there.
    private func write(_ sampling: Sampling, _ generation: Int) -> Bool {
        var trouble: String?
        do {
            let samples = try sampling { mayGoOn(generation) }
            guard mayGoOn(generation) else { return false }
            var writer = TrainingSampleWriter(lookaheadSeconds: HabitSampler.lookaheadSeconds)
            let file = try OutputFile.open(samplesPath, existing: .truncate)
            for sample in samples {
                writer.append(sample)
                guard writer.pendingBytes >= 1 << 20 else { continue }
                try FileContents.write(file.descriptor.rawValue, writer.take())
            }
            try FileContents.write(file.descriptor.rawValue, writer.take())
        } catch let error as Errno {
            trouble = "\(samplesPath): \(error.message)"
        } catch {
            trouble = "\(error)"
        }
        guard let trouble else { return true }
        set(trouble: "nothing can be learned: \(trouble)", .warning)
        return false
    }

    private func finish(_ outcome: TrainerOutcome?, _ generation: Int) {
        removeSamples()
        switch outcome {
        case .trained:
            do throws(ForestModelRefusal) {
                try take(generation: generation)
            } catch {
                setAside(error)
            }
        case .tooFew:
            // What an earlier model was made of is gone.
            state.withLock { state in
                state.model = nil
                state.trouble = "too little has happened yet to learn from"
            }
        case .failed(_, let message), .missing(let message):
            set(trouble: message, .warning)
        case .killed(let signal, let message):
            set(trouble: "larder-train was ended by signal \(signal): \(message)", .warning)
        case .timedOut: set(trouble: "larder-train took too long, and was ended", .warning)
        case .stopped, nil: break
        }
        let isForgotten = state.withLock { state in
            state.isBusy = false
            return state.generation != generation
        }
        if isForgotten { removeModel() }
    }

    private func set(trouble: String, _ level: Log.Level) {
        let isNew = state.withLock { state in
            defer { state.trouble = trouble }
            return state.trouble != trouble
        }
        if isNew { log(level, "no forest is grown of the history: \(trouble)") }
    }

    private func removeSamples() {
        // One that is not there is as good.
        try? FileCalls.unlink(at: FileCalls.workingDirectory, Array(samplesPath.utf8))
    }

    private func removeModel() {
        try? FileCalls.unlink(at: FileCalls.workingDirectory, Array(modelPath.utf8))
    }

    /// Forgets what was learned: some of it is in no history any more. Blocks for the disk.
    func forget() {
        state.withLock { state in
            state.generation += 1
            state.model = nil
            state.opensBefore = nil
            state.due = .zero
        }
        removeModel()
    }

    /// Ends what is at work, without waiting for it.
    func stop() {
        state.withLock { $0.isStopped = true }
        trainer?.stop()
    }
}
