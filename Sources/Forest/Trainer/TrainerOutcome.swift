/// What came of a run of the trainer.
public enum TrainerOutcome: Equatable, Sendable {
    /// The model's file is a new one.
    case trained
    /// There was not enough to learn from; the model's file is as it was.
    case tooFew
    /// It said itself that it could not; with what it said.
    case failed(code: Int32, message: String)
    /// A signal ended it that we have not sent: out of memory, a crash.
    case killed(signal: Int32, message: String)
    /// It did not end in time, and was killed.
    case timedOut
    /// The program is not there, or lacks a library.
    case missing(message: String)
    /// It was killed because ``TrainerProcess/stop()`` was called.
    case stopped
}
