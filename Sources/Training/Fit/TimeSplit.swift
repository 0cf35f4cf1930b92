/// Samples in the order of time, in three parts: 60 % to learn from, 20 % to calibrate, 20 % to judge by.
///
/// What came of a sample is known only later. A sample whose outcome lies in the next part would let what is learned see
/// what it is judged by: those within the *embargo* before the next part begins are left out (López de Prado, "Advances in
/// Financial Machine Learning", 2018, chapter 7).
struct TimeSplit: Equatable {
    let learn: Range<Int>
    let calibrate: Range<Int>
    let judge: Range<Int>

    /// - Parameters:
    ///   - seconds: of the samples, rising.
    ///   - embargoSeconds: how much later it is known what came of a sample.
    init(seconds: [Int64], embargoSeconds: Int64) {
        let first = seconds.count * 3 / 5
        let second = seconds.count * 4 / 5
        learn = 0..<Self.end(seconds, 0..<first, embargoSeconds)
        calibrate = first..<Self.end(seconds, first..<second, embargoSeconds)
        judge = second..<seconds.count
    }

    /// Where a part ends whose samples have come to something before what follows it begins.
    private static func end(
        _ seconds: [Int64], _ part: Range<Int>, _ embargo: Int64
    ) -> Int {
        guard part.upperBound < seconds.count else { return part.upperBound }
        let limit = seconds[part.upperBound] - embargo
        return seconds[part].firstIndex { $0 > limit } ?? part.upperBound
    }
}
