/// With what the trainer ends: what it tells whoever started it.
public enum TrainerExit: Int32, Sendable {
    case trained = 0
    case failed = 1
    /// Words that it does not understand.
    case usage = 2
    /// Too few samples.
    case tooFew = 3
    /// Not the trainer's own: the dynamic linker's, when a library is missing, as a shell's for a missing program.
    case missing = 127
}
