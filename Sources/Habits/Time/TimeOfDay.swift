/// A time of day at which something is done: what of its occasions lie around one hour, and on which days.
struct TimeOfDay: Sendable, Equatable {
    static let occasionsMin = 5
    static let countMax = 3
    /// Half the width in which a time of day is looked for, and around its mean what belongs to it.
    static let searchSeconds = 4500
    static let reachSeconds = 5400
    /// Nobody is more punctual than this.
    static let deviationMin = 300.0
    static let ageFactor = 0.9

    /// Seconds since midnight.
    var mean: Int
    /// Seconds.
    var deviation: Double
    /// On which days, ascending, each once. What is done at about midnight belongs to the day whose time it is nearest to.
    var days: [Int]

    /// The times of day of a file's or folder's occasions, the most usual first; each has at least five.
    ///
    /// The densest place of the circle of 24 hours is found, what lies around it is taken out, and so on. At most
    /// three times ``Occasions/countMax`` squared steps.
    static func all(of occasions: Occasions) -> [TimeOfDay] {
        var rest = Array(occasions.list.reversed().enumerated()).map { age, time in
            Weighed(time: time, weight: power(ageFactor, age))
        }
        var found: [TimeOfDay] = []
        while found.count < countMax, rest.count >= occasionsMin {
            guard let next = densest(of: &rest) else { break }
            found.append(next)
        }
        return found
    }

    static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<max(0, exponent) { result *= base }
        return result
    }

    private struct Weighed {
        var time: LocalTime
        var weight: Double
    }

    /// Seconds from one time of day to another, the short way round.
    static func difference(_ to: Int, from: Int) -> Int {
        let half = LocalTime.daySeconds / 2
        let rest = (to - from + half) % LocalTime.daySeconds
        return (rest < 0 ? rest + LocalTime.daySeconds : rest) - half
    }

    private static func densest(of rest: inout [Weighed]) -> TimeOfDay? {
        let all = rest
        let around = { (second: Int, reach: Int) in
            all.filter { abs(difference(Int($0.time.second), from: second)) <= reach }
        }
        let dense = all.map { one in
            around(Int(one.time.second), searchSeconds).reduce(0) { $0 + $1.weight }
        }
        guard let place = dense.indices.max(by: { dense[$0] < dense[$1] }) else { return nil }
        let start = Int(all[place].time.second)
        let shift = mean(of: around(start, searchSeconds), from: start)
        let middle = start + Int(shift.rounded())
        let members = around(middle, reachSeconds)
        guard members.count >= occasionsMin else { return nil }
        rest.removeAll { abs(difference(Int($0.time.second), from: middle)) <= reachSeconds }

        let last = mean(of: members, from: middle)
        var (squares, weights) = (0.0, 0.0)
        for one in members {
            let off = Double(difference(Int(one.time.second), from: middle)) - last
            squares += one.weight * off * off
            weights += one.weight
        }
        let time = wrapped(middle + Int(last.rounded()))
        let half = LocalTime.daySeconds / 2
        let days = Set(members.map { Int(LocalTime(linear: $0.time.linear - time + half).day) })
        return TimeOfDay(
            mean: time, deviation: max(deviationMin, (squares / weights).squareRoot()),
            days: days.sorted())
    }

    private static func mean(of members: [Weighed], from second: Int) -> Double {
        var (sum, weights) = (0.0, 0.0)
        for one in members {
            sum += one.weight * Double(difference(Int(one.time.second), from: second))
            weights += one.weight
        }
        return weights > 0 ? sum / weights : 0
    }

    private static func wrapped(_ second: Int) -> Int {
        let rest = second % LocalTime.daySeconds
        return rest < 0 ? rest + LocalTime.daySeconds : rest
    }
}
