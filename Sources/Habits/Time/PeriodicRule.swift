/// The rule of hours and weekdays: it is periodic if at least five of its occasions, and four fifths of them by weight, lie in one hour
/// of the day or on one weekday.
///
/// There are 24 hours, and 24 more that begin half an hour later, so that a habit at about eight is not cut in two. Occasions
/// weigh less the older they are, each 0.9 of the next, so that an hour that was given up does not count for long.
enum PeriodicRule {
    static let occasionsMin = 5
    static let confidenceMin = 0.8
    static let ageFactor = 0.9

    private struct Bucket {
        var weight = 0.0
        var count = 0
    }

    /// At the same hour of the day.
    static func hourly(_ occasions: Occasions) -> Detection? {
        let found = best(occasions, buckets: 48) { time in
            // The full hours, and from 24 on those that begin half an hour later. Of equals the first is taken.
            let late = time.second % 3600 >= 1800
            return [time.hour, 24 + (late ? time.hour : (time.hour + 23) % 24)]
        }
        guard let found else { return nil }
        let second = found.bucket % 24 * 3600 + (found.bucket < 24 ? 0 : 1800)
        let start = ReasonText.clock(second)
        let end = ReasonText.clock((second + 3600) % LocalTime.daySeconds)
        return Detection(
            .periodic, confidence: found.confidence,
            reason:
                "between \(start) and \(end) on \(found.count) of \(occasions.count) occasions"
        )
    }

    /// On the same weekday.
    static func weekly(_ occasions: Occasions) -> Detection? {
        guard let found = best(occasions, buckets: 7, { [$0.weekday] }) else { return nil }
        return Detection(
            .periodic, confidence: found.confidence,
            reason: "on \(ReasonText.weekdays[found.bucket])s on \(found.count) of"
                + " \(occasions.count) occasions")
    }

    private static func best(
        _ occasions: Occasions, buckets: Int, _ places: (LocalTime) -> [Int]
    ) -> (bucket: Int, confidence: Double, count: Int)? {
        var table = [Bucket](repeating: Bucket(), count: buckets)
        var weight = 1.0
        var total = 0.0
        for time in occasions.list.reversed() {
            for place in places(time) {
                table[place].weight += weight
                table[place].count += 1
            }
            total += weight
            weight *= ageFactor
        }
        guard
            let (bucket, best) = table.enumerated().max(by: {
                $0.element.weight < $1.element.weight
            }),
            best.count >= occasionsMin, best.weight >= confidenceMin * total
        else { return nil }
        return (bucket, best.weight / total, best.count)
    }
}
