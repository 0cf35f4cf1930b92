import Model

/// What is kept of what people do with files, and what follows from it.
extension MountOption {
    static let habits: [MountOption] = [
        MountOption(
            name: "warming", section: .readahead, value: "on|off", kind: .choice(\.warmingName),
            isLive: true,
            summary: "fetch what habits expect before its time (on)",
            brief: "fetch what habits expect before its time"),
        MountOption(
            name: "quiet", section: .readahead, value: "HH:MM-HH:MM",
            kind: .quietHours(\.quietHours), isLive: true,
            summary: "nothing is fetched for habits in these hours, but before them (none)",
            brief: "nothing is fetched for habits in these hours"),
        MountOption(
            name: "exclude", section: .history, value: "[PATTERN, …]",
            kind: .patterns(\.historyExclusions), isLive: true, place: .file,
            summary: "files of which no history is kept (none)",
            brief: "files of which no history is kept"),
        MountOption(
            name: "history-age", fileName: "age", section: .history, value: "TIME",
            kind: .time(\.historyAge, .seconds(3600)...Duration.seconds(3650 * 86_400)),
            summary: "how long it is kept who opened what and when (90d)",
            brief: "how long it is kept who opened what and when"),
        MountOption(
            name: "history-size", fileName: "size", section: .history, value: "SIZE",
            kind: .size(\.historyLimit, min: .mebibytes(1), orZero: true),
            summary: "space for that; 0: it is not kept at all (200M)",
            brief: "space for that; 0 for no history"),
    ]
}

extension MountConfiguration {
    var warmingName: MountOption.ChoiceName {
        get {
            MountOption.ChoiceName(
                word: warming.rawValue, words: WarmingMode.allCases.map(\.rawValue))
        }
        set { warming = WarmingMode(rawValue: newValue.word) ?? warming }
    }
}
