/// How many bytes may be on their way ahead of readers at once.
///
/// A lone reader who takes what the link gives gets all of it. Where several read, or one reads at his own pace, whoever
/// comes next waits for what is under way: then it is what keeps the link full, what is on the
/// wire and one request more.
struct PrefetchPace: Sendable {
    static let linkFactor = 1.5
    /// A reader who takes this share of the bandwidth is not playing, but copying.
    static let greed = 0.5

    /// - Parameters:
    ///   - rate: of the one stream that is read; nil while it is not known or there are several.
    ///   - requestMax: bytes of one request.
    static func bytesMax(
        streams: Int, rate: Double?, link: LinkState, requestMax: Int
    ) -> Int {
        guard link.bandwidth > 0, link.roundTrip > .zero else { return .max }
        if streams <= 1, rate.map({ $0 >= greed * link.bandwidth }) ?? true { return .max }
        let onTheWay = link.bandwidth * (link.roundTrip / .seconds(1)) * linkFactor
        return max(4 * requestMax, Int(min(onTheWay, 1e12)) + requestMax)
    }
}
