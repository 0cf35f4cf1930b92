import Model

/// Names that are not there.
extension NodeTable {
    /// The share has no file of this name. - Returns: seconds for which the kernel may believe that.
    @discardableResult
    mutating func enterAbsent(
        _ place: Node.Place, at now: Duration, _ effects: inout Effects
    ) -> Double {
        detach(place, &effects)
        return rememberAbsent(place, at: now)
    }

    /// As ``enterAbsent(_:at:_:)``, of a name that nothing is known of.
    @discardableResult
    mutating func rememberAbsent(_ place: Node.Place, at now: Duration) -> Double {
        let timeout = rules.consistency == .strict ? 0 : FreshnessRules.kernelTimeoutMin
        return remember(place, rules.initial(at: now), timeout, at: now)
    }

    /// What is known says that there is no such name. - Returns: seconds for which the kernel may believe that.
    ///
    /// - Parameter validity: of what is known.
    mutating func absent(
        _ place: Node.Place, _ validity: Validity, at now: Duration
    ) -> Double {
        remember(place, validity, rules.absenceTimeout(of: validity, at: now), at: now)
    }

    private mutating func remember(
        _ place: Node.Place, _ validity: Validity, _ timeout: Double, at now: Duration
    ) -> Double {
        let timeout = mayBelieveAbsence(in: place.parent) ? timeout : 0
        let isRemembered =
            directories[place.parent]?.rememberAbsent(
                place.name, validity, believedUntil: now + .seconds(timeout), at: now) ?? false
        return isRemembered ? timeout : 0
    }
}
