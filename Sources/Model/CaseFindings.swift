/// What a share has shown of names that differ in nothing but the case of their letters. Both of a pair: not everywhere the
/// same, as where folders are made so one by one.
public struct CaseFindings: OptionSet, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `a` and `A` were one name.
    public static let latinIsIgnored = CaseFindings(rawValue: 1)
    /// `a` and `A` were two names.
    public static let latinCounts = CaseFindings(rawValue: 2)
    /// Letters beyond a to z, likewise: a share may ignore the case of some of these.
    public static let otherIsIgnored = CaseFindings(rawValue: 4)
    public static let otherCounts = CaseFindings(rawValue: 8)

    static let all = CaseFindings(rawValue: 15)

    public var isPossible: Bool { isSubset(of: .all) }

    /// Whether two names were one wherever that was tried, and it was tried.
    ///
    /// - Parameter isLatin: they differ in letters from a to z only.
    public func ignoresCase(isLatin: Bool) -> Bool {
        isLatin
            ? contains(.latinIsIgnored) && !contains(.latinCounts)
            : contains(.otherIsIgnored) && !contains(.otherCounts)
    }

    /// Whether two names were two somewhere. What tells `a` from `A` tells all others apart as well.
    public func heedsCase(isLatin: Bool) -> Bool {
        contains(.latinCounts) || !isLatin && contains(.otherCounts)
    }
}
