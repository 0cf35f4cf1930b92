/// What one method made of one trace: a line of the first table.
public struct MethodRow: Sendable, Equatable, Encodable {
    public var method: String
    /// Misses saved, of the misses without any readahead.
    public var coverage: Double
    /// Used of what was fetched ahead; nil where nothing was.
    public var accuracy: Double?
    /// Fetched, over what is fetched without readahead.
    public var traffic: Double
    /// Coverage − half of what traffic there is beyond the traffic without.
    public var score: Double
    /// Used within the share's answering time of being fetched, of all used; nil where nothing was used.
    public var lateShare: Double?
    /// Asked for and there, of all that was asked for.
    public var hitRatio: Double
    /// Seconds that readers waited.
    public var stallSeconds: Double
    /// ``stallSeconds`` over that of Linux's readahead at 1 MiB; nil where that was not run.
    public var stallToLinux: Double?
    /// Units missed, fetched ahead, used of these: pages of 4 KiB, or blocks.
    public var missed: Int
    public var issued: Int
    public var used: Int

    static func score(coverage: Double, traffic: Double) -> Double {
        coverage - 0.5 * (traffic - 1)
    }

    static func ratio(_ part: Int, _ whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}

extension MethodRow {
    /// - Parameter none: the same trace without readahead.
    init(_ method: MethodName, _ counts: PageCounts, none: PageCounts, hasClock: Bool) {
        let coverage = Self.ratio(none.missPages - counts.missPages, none.missPages) ?? 0
        let traffic = Self.ratio(counts.missPages + counts.issuedPages, none.missPages) ?? 1
        self.init(
            method: method.rawValue, coverage: coverage,
            accuracy: Self.ratio(counts.usedPages, counts.issuedPages), traffic: traffic,
            score: Self.score(coverage: coverage, traffic: traffic),
            lateShare: hasClock ? Self.ratio(counts.latePages, counts.usedPages) : nil,
            hitRatio: Self.ratio(counts.pages - counts.missPages, counts.pages) ?? 0,
            stallSeconds: Double(counts.missedWait + (hasClock ? counts.lateWait : 0)) / 1e9,
            missed: counts.missPages, issued: counts.issuedPages, used: counts.usedPages)
    }
}
