/// One thing that was looked at, and what came of it.
struct Finding: Encodable, Equatable, Sendable {
    enum Level: String, Encodable, Sendable, CaseIterable, Comparable {
        case ok
        /// Nothing is wrong; good to know, or could be better.
        case note
        /// Works, but slower, or less safely, than it should.
        case warning
        /// Does not work, or will not.
        case problem

        static func < (left: Level, right: Level) -> Bool {
            allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
        }
    }

    /// What was looked at: words for programs, which docs/DOCTOR_SCHEMA.md explains.
    enum Check: String, Encodable, Sendable, CaseIterable {
        case versions, fuseDevice, fusermount, allowOther, openFiles, backgroundRequests, updatedb
        case pressure, views
        case shareAnswers, shareMounted, shareOptions, shareSpeed
        case viewState, viewMount, viewReadahead, viewPlace, viewNesting
        case cache, cacheRights, cacheLocation, cacheFileSystem, cacheSpace, cacheHoles
    }

    var check: Check
    var level: Level
    /// What it is about; nil for the machine as a whole.
    var path: String?
    var says: String
    /// What to do; nil where there is nothing.
    var advice: String?
    /// Units are in the names.
    var figures: [String: Double]?

    init(
        _ check: Check, _ level: Level, _ path: String?, _ says: String, advice: String? = nil,
        figures: [String: Double]? = nil
    ) {
        self.check = check
        self.level = level
        self.path = path
        self.says = says
        self.advice = advice
        self.figures = figures
    }
}
