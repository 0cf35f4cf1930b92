import Forest
import Model
import Platform
import Replay
import Synchronization

/// Has `larder-train` grow forests for `larder replay --household --forest`, as the daemon has.
struct HouseholdTrainer: Sendable {
    private let trainer: TrainerProcess
    private let samples: String
    private let model: String

    init() throws(CommandError) {
        guard let program = TrainerProcess.locate(besides: OwnProgram.path) else {
            throw .failure("larder-train is not installed, which grows forests")
        }
        trainer = TrainerProcess(program: program)
        let folder = Environment.variable("TMPDIR") ?? "/tmp"
        samples = "\(folder)/larder-samples.\(Environment.processID)"
        model = "\(folder)/larder-forest.\(Environment.processID)"
    }

    /// Waits for it.
    ///
    /// - Returns: nil where there is too little to learn from, or it fails.
    func train(_ rows: [TrainingSample]) -> ForestModel? {
        defer {
            for path in [samples, model] {
                try? FileCalls.unlink(at: FileCalls.workingDirectory, Array(path.utf8))
            }
        }
        var writer = TrainingSampleWriter(lookaheadSeconds: HabitSampler.lookaheadSeconds)
        for row in rows { writer.append(row) }
        do {
            let file = try OutputFile.open(samples, existing: .truncate)
            try FileContents.write(file.descriptor.rawValue, writer.take())
            let job = TrainerProcess.Job(samples: samples, model: model)
            let answer = Waiting.ask {
                (completion: @escaping @Sendable (Result<TrainerOutcome, Errno>) -> Void) in
                let isStarted = trainer.start(job) { completion(.success($0)) }
                if !isStarted { completion(.failure(.busy)) }
            }
            switch try answer.get() {
            case .trained: return try ForestModelFile.read(model)
            case .tooFew: return nil
            case .failed(_, let message), .missing(let message), .killed(_, let message):
                Terminal.err("no forest could be grown: \(message)")
            case .timedOut, .stopped: Terminal.err("no forest could be grown in time")
            }
        } catch {
            Terminal.err("no forest could be grown: \(error)")
        }
        return nil
    }
}
