/// Who says what is brought.
public enum HouseholdMethod: String, Sendable, CaseIterable {
    /// Nobody: the tier has what was read.
    case nothing
    /// What was opened most often so far, each day as many bytes as the rules bring.
    case popularity
    /// ``HabitModel``.
    case rules
    /// A forest that is trained each night on all that happened so far, for rounds; where it is not better than the rules, these. Each day no
    /// more bytes than the rules bring.
    case forest
    /// Knows which habitual opens come.
    case oracle

    /// Brings what belongs to an open, and what is due.
    var hasHabits: Bool { self == .rules || self == .forest }
}
