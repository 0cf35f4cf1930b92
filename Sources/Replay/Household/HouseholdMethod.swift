/// Who says what is brought.
public enum HouseholdMethod: String, Sendable, CaseIterable {
    /// Nobody: the tier has what was read.
    case nothing
    /// What was opened most often so far, each day as many bytes as the rules bring.
    case popularity
    /// ``HabitModel``.
    case rules
    /// Knows which habitual opens come.
    case oracle
}
