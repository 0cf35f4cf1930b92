/// What the people of a household are like: all of it drawn at random for each seed, so that nothing can be fitted to its figures.
///
/// Times are seconds since midnight by the clock on the wall.
struct HouseholdPeople: Sendable, Equatable {
    struct Evening: Sendable, Equatable {
        var time: Double
        var deviation: Double
        /// Of an evening with it, and of another episode after one.
        var probability: Double
        var again: Double
        /// Each season has a folder of its own, or all are in one.
        var hasSeasonFolders: Bool
        var seasonEpisodes: Int
        var firstEpisode: Int
    }

    enum EveningChange: Sendable, Equatable {
        case later(seconds: Double)
        case anotherShow
    }

    var evenings: [Evening]
    var eveningChange: EveningChange
    /// The day on which habits change, 0 for the first.
    var changeDay: Int
    var documents: Int
    var morning: Double
    var morningDeviation: Double
    var morningProbability: Double
    var documentProbability: Double
    var photoTime: Double
    var photoDeviation: Double
    var photoProbability: Double
    var noisePerDay: ClosedRange<Int>
    var scanWeekday: Int
    var holiday: Range<Int>
    /// The day on which the clock goes back, at three in the morning.
    var clockDay: Int
    /// Days since 1970 of the first day.
    var firstDay: Int

    init(_ random: inout HouseholdRandom) {
        evenings = (0..<random.number(1...2)).map { index in
            Evening(
                time: 20.5 * 3600 + random.real(-2700...2700) - Double(index) * 5400,
                deviation: random.real(600...1500), probability: random.real(0.7...0.95),
                again: random.real(0.1...0.4), hasSeasonFolders: random.happens(0.5),
                seasonEpisodes: random.number(6...13), firstEpisode: random.number(0...5))
        }
        eveningChange =
            random.happens(0.5) ? .later(seconds: random.real(4500...6300)) : .anotherShow
        changeDay = random.number(14...16)
        documents = random.number(3...6)
        morning = 8 * 3600 + 300 + random.real(-2400...2400)
        morningDeviation = random.real(180...720)
        morningProbability = random.real(0.8...0.97)
        documentProbability = random.real(0.8...0.98)
        photoTime = random.real(11...16) * 3600
        photoDeviation = random.real(1800...5400)
        photoProbability = random.real(0.5...0.9)
        let noise = random.number(3...9)
        noisePerDay = noise / 2...noise * 2
        scanWeekday = random.number(0...6)
        let start = random.number(3...17)
        holiday = start..<start + random.number(2...3)
        clockDay = random.number(2...18)
        firstDay = 20_458 + random.number(0...364)
    }
}
