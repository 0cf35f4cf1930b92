public import Habits
import Model

/// Three weeks of a household that is made up, open by open.
///
/// There are one or two shows in the evening, watched in order, sometimes two episodes in a row, in one folder or in one for each season;
/// the same handful of documents on weekday mornings; photos at the weekend, looked through from somewhere; a scan of everything
/// each week by a backup; and files opened for no reason. On some days nothing happens; in the third week a show comes later, or
/// another one begins, and a document is replaced by another; once the clock goes back an hour. When, how punctually and how often is drawn for
/// each seed (``HouseholdPeople``). The same seed gives the same opens.
public struct Household: Sendable {
    public static let days = 21
    /// Within a day by the clock on the wall.
    static let daySeconds = 86_400
    /// Before and after the clock went back: ahead of universal time.
    private static let summerOffset = 7200
    private static let winterOffset = 3600

    public internal(set) var files: [HouseholdFile] = []
    /// Oldest first.
    public internal(set) var opens: [HouseholdOpen] = []
    /// The days on which nothing happens, 0 for the first.
    public var holiday: Range<Int> { people.holiday }
    /// Seconds since 1970 at which the clock goes back an hour.
    public let clockChange: Int64
    /// Seconds since 1970 of the first midnight.
    public var start: Int64 { second(ofDay: 0, 0) }
    public let clock: LocalClock
    let people: HouseholdPeople
    var random: HouseholdRandom

    public init(seed: UInt64) {
        random = HouseholdRandom(seed: seed)
        let people = HouseholdPeople(&random)
        self.people = people
        // Three in the morning of summer is two of winter.
        let local = (people.firstDay + people.clockDay) * Self.daySeconds + 3 * 3600
        let change = Int64(local - Self.summerOffset)
        clockChange = change
        let (summer, winter) = (Self.summerOffset, Self.winterOffset)
        clock = LocalClock { second in
            let linear = Int(clamping: second) + (second < change ? summer : winter)
            let rest = linear % 86_400
            let inDay = rest < 0 ? rest + 86_400 : rest
            return LocalTime(day: (linear - inDay) / 86_400, second: inDay)
        }
        makeEvenings()
        makeMornings()
        makePhotos()
        makeNoise()
        makeScans()
        opens.sort { ($0.at, $0.file) < ($1.at, $1.file) }
    }

    /// Seconds since 1970 of a time by the clock on the wall.
    ///
    /// - Parameter day: 0 for the first.
    func second(ofDay day: Int, _ second: Double) -> Int64 {
        let linear = (people.firstDay + day) * Self.daySeconds + Int(second)
        let summer = Int64(linear - Self.summerOffset)
        return summer < clockChange ? summer : Int64(linear - Self.winterOffset)
    }

    /// 0 for Monday. The first day of 1970 was a Thursday.
    func weekday(_ day: Int) -> Int { (people.firstDay + day + 3) % 7 }

    /// All folders, by the names of their files.
    var order: NamedOrder {
        var order = NamedOrder()
        for (folder, files) in Dictionary(grouping: files, by: \.folder) {
            for (part, files) in Dictionary(grouping: files, by: \.part) {
                order.set(files.map(\.listed), of: folder, part: part)
            }
        }
        return order
    }
}
