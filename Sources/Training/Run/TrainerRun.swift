public import Forest
import Model
import Platform

/// A run of `larder-train`: makes little of itself, reads samples, trains, writes the model.
///
/// The library that grows the trees is large and foreign, and samples may be many: so this is a program of its own, which may
/// run out of memory, crash, or be killed without anybody's files being slower for it. What the model's file had is whole
/// until the new one replaces it.
public enum TrainerRun {
    /// - Parameters:
    ///   - say: what came of it, line by line.
    ///   - complain: what went wrong, likewise.
    public static func run(
        _ options: TrainerOptions, say: (String) -> Void, complain: (String) -> Void
    ) -> TrainerExit {
        guard prepare(options, complain: complain) else { return .failed }
        do {
            let (table, lookahead) = try samples(options.samples)
            var settings = ForestSettings()
            settings.seed = options.seed
            let trainer = ModelTrainer(settings: settings, lookaheadSeconds: lookahead)
            switch try trainer.train(table) {
            case .tooFew(let why):
                complain(why)
                return .tooFew
            case .trained(let model):
                try ForestModelFile.write(model, to: options.model)
                for line in ModelReport.lines(model, leftOut: table.leftOut) { say(line) }
                return .trained
            }
        } catch let error as Errno {
            complain("\(options.samples): \(error.message)")
        } catch {
            complain("\(error)")
        }
        return .failed
    }

    /// - Returns: whether there is still somebody to work for, and the memory is bounded.
    private static func prepare(_ options: TrainerOptions, complain: (String) -> Void) -> Bool {
        do throws(Errno) {
            if let parent = options.parent, try !ParentProcess.endWithIt(parent) {
                complain("process \(parent) has not started this one, or has ended")
                return false
            }
            try BackgroundWork.limitMemory(bytes: options.memoryMax)
            try BackgroundWork.leaveNoCoreDump()
            // It shares a control group with the view whose samples these are.
            try BackgroundWork.goFirstWhenMemoryRunsOut()
        } catch {
            complain("limits cannot be set: \(error.message)")
            return false
        }
        do throws(Errno) {
            try BackgroundWork.runWhenIdle()
        } catch {
            // The work is the same, and what else can be done against it was done.
            complain("priority cannot be lowered in full: \(error.message)")
        }
        return true
    }

    private static func samples(
        _ path: String
    ) throws -> (table: TrainingTable, lookaheadSeconds: Int64) {
        let file = try InputFile.openStream(path == "-" ? "/dev/stdin" : path)
        var reader = TrainingSampleReader()
        var table = TrainingTable()
        try FileContents.forEachPiece(of: file.rawValue) { piece in
            try reader.read(piece) { table.append($0) }
        }
        try reader.finish()
        table.finish()
        guard let lookahead = reader.lookaheadSeconds else {
            throw TrainingSampleRefusal.truncated
        }
        return (table, lookahead)
    }
}
