import Model

/// What people do.
extension Household {
    private static let seasons = 4
    private static let photosOfFolder = 120
    private static let photoFolders = 4
    private static let strangers = 400

    private enum Reader {
        static let evening: UInt64 = 1
        static let morning: UInt64 = 10
        static let viewer: UInt64 = 11
        static let anybody: UInt64 = 12
        static let backup: UInt64 = 13
    }

    private var workingDays: [Int] { (0..<Self.days).filter { !people.holiday.contains($0) } }

    // MARK: - Evenings

    mutating func makeEvenings() {
        for (index, evening) in people.evenings.enumerated() {
            let show = makeShow(evening)
            var next = evening.firstEpisode
            let changes = index == 0
            var other: [Int] = []
            if changes, people.eveningChange == .anotherShow { other = makeShow(evening) }
            var otherNext = 0
            for day in workingDays where random.happens(evening.probability) {
                var time = evening.time + random.normal(deviation: evening.deviation)
                let isChanged = changes && day >= people.changeDay
                if isChanged, case .later(let seconds) = people.eveningChange { time += seconds }
                let session = Reader.evening + UInt64(index)
                var isLast = false
                while !isLast {
                    isLast = !random.happens(evening.again)
                    let isOther = isChanged && !other.isEmpty
                    let list = isOther ? other : show
                    let place = isOther ? otherNext : next
                    guard place < list.count else { break }
                    // A show that nobody has seen yet, or the household's first evening with one.
                    let isFirst = isOther ? place == 0 : place == evening.firstEpisode
                    watch(list[place], at: second(ofDay: day, time), session, .episode, !isFirst)
                    time += Double(files[list[place]].playSeconds) + random.real(30...300)
                    if isOther { otherNext += 1 } else { next += 1 }
                }
            }
        }
    }

    private mutating func makeShow(_ evening: HouseholdPeople.Evening) -> [Int] {
        var episodes: [Int] = []
        let folder = random.next()
        let seconds = Int64(random.number(2400...3600))
        let size = Int64(random.number(1000...3000)) << 20
        let episodesAll = Self.seasons * evening.seasonEpisodes
        for index in 0..<episodesAll {
            let (season, episode) = index.quotientAndRemainder(dividingBy: evening.seasonEpisodes)
            let part = evening.hasSeasonFolders ? "Season \(season + 1)" : ""
            let number = episode + 1
            let name = "S0\(season + 1)E\(number < 10 ? "0" : "")\(number).mkv"
            let own = Int64(Double(size) * random.real(0.9...1.3))
            episodes.append(add(name, in: folder, part: part, .media, own, playing: seconds))
        }
        return episodes
    }

    /// Mostly to its end, sometimes only its beginning.
    private mutating func watch(
        _ file: Int, at: Int64, _ session: UInt64, _ kind: HouseholdOpen.Kind, _ isHabitual: Bool
    ) {
        let share = random.happens(0.85) ? random.real(0.8...1) : random.real(0.01...0.2)
        let bytes = max(files[file].headBytes, Int64(Double(files[file].size) * share))
        opens.append(
            HouseholdOpen(
                kind: kind, file: file, at: at, session: session, readBytes: bytes,
                isHabitual: isHabitual))
    }

    // MARK: - Mornings

    mutating func makeMornings() {
        let folders = [random.next(), random.next()]
        var list: [Int] = []
        for index in 0..<people.documents {
            list.append(addDocument("plan \(index).odt", in: folders[index % 2]))
        }
        let replaced = random.number(0...people.documents - 1)
        let new = addDocument("another.odt", in: folders[0])
        var isKnown: Set<Int> = []
        for day in workingDays
        where weekday(day) < 5 && random.happens(people.morningProbability) {
            if day >= people.changeDay { list[replaced] = new }
            var time = people.morning + random.normal(deviation: people.morningDeviation)
            for file in list where random.happens(people.documentProbability) {
                read(
                    file, at: second(ofDay: day, time), Reader.morning, .document,
                    isHabitual: !isKnown.insert(file).inserted)
                time += random.real(20...180)
            }
        }
    }

    private mutating func addDocument(_ name: String, in folder: UInt64) -> Int {
        add(name, in: folder, .userData, Int64(random.number(100...5000)) << 10, playing: 0)
    }

    private mutating func read(
        _ file: Int, at: Int64, _ session: UInt64, _ kind: HouseholdOpen.Kind,
        isHabitual: Bool = false
    ) {
        opens.append(
            HouseholdOpen(
                kind: kind, file: file, at: at, session: session, readBytes: files[file].size,
                isHabitual: isHabitual))
    }

    // MARK: - Weekends, noise, scans

    mutating func makePhotos() {
        var folders: [[Int]] = []
        for _ in 0..<Self.photoFolders {
            let folder = random.next()
            folders.append(
                (0..<Self.photosOfFolder).map { index in
                    let size = Int64(random.number(3000...8000)) << 10
                    return add("IMG_\(1000 + index).jpg", in: folder, .userData, size, playing: 0)
                })
        }
        for day in workingDays where weekday(day) >= 5 && random.happens(people.photoProbability) {
            let folder = folders[random.number(0...folders.count - 1)]
            let count = random.number(8...25)
            let first = random.number(0...folder.count - count)
            var time = people.photoTime + random.normal(deviation: people.photoDeviation)
            for file in folder[first..<first + count] {
                read(file, at: second(ofDay: day, time), Reader.viewer, .photo)
                time += random.real(2...12)
            }
        }
    }

    mutating func makeNoise() {
        var folders: [UInt64] = []
        for _ in 0..<20 { folders.append(random.next()) }
        let first = files.count
        for index in 0..<Self.strangers {
            let folder = folders[random.number(0...folders.count - 1)]
            if random.happens(0.05) {
                let size = Int64(random.number(1000...4000)) << 20
                _ = add("film \(index * 7).mkv", in: folder, .media, size, playing: 6000)
            } else {
                _ = addDocument("note \(index * 7).pdf", in: folder)
            }
        }
        for day in workingDays {
            for _ in 0..<random.number(people.noisePerDay) {
                let file = random.number(first...files.count - 1)
                let at = second(ofDay: day, random.real(7...23) * 3600)
                if files[file].playSeconds > 0 {
                    watch(file, at: at, Reader.anybody, .noise, false)
                } else {
                    read(file, at: at, Reader.anybody, .noise)
                }
            }
        }
    }

    mutating func makeScans() {
        for day in 0..<Self.days where weekday(day) == people.scanWeekday {
            var time = 4.0 * 3600
            for file in files.indices {
                read(file, at: second(ofDay: day, time), Reader.backup, .scan)
                time += 2
            }
        }
    }

    private mutating func add(
        _ name: String, in folder: UInt64, part: String = "", _ type: ContentType, _ size: Int64,
        playing seconds: Int64
    ) -> Int {
        files.append(
            HouseholdFile(
                number: random.next(), folder: folder, part: part, name: name, type: type,
                size: size,
                playSeconds: seconds))
        return files.count - 1
    }
}
