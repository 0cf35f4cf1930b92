/// What names tell of how files belong together.
public enum FileNaming {
    /// In lower case, without the dot; empty where there is none.
    public static func fileExtension(_ name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }

    /// Without extension.
    public static func stem(_ name: String) -> Substring {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name[...] }
        return name[..<dot]
    }

    /// Whether `name` is a companion of `main`: the same stem, perhaps with a language or a role behind it.
    public static func isSidecar(_ name: String, of main: String) -> Bool {
        guard name != main else { return false }
        let stem = stem(main)
        guard !stem.isEmpty, name.hasPrefix(stem) else { return false }
        let rest = name.dropFirst(stem.count)
        return rest.first == "." || rest.first == "-" || rest.first == "_"
    }

    /// Whether `next` may follow `previous` in a series: names that agree but for a number that went up by one
    /// (`S01E02`, `1x02`, `Part 3`, a track number), whatever comes after the number.
    public static func isNext(_ next: String, after previous: String) -> Bool {
        guard fileExtension(next) == fileExtension(previous) else { return false }
        let a = Array(stem(previous).utf8)
        let b = Array(stem(next).utf8)
        let at = firstDifference(a, b)
        guard let first = number(a, at), let second = number(b, at) else {
            return isFirstOfNextSeason(a, b)
        }
        return second == first + 1 || isFirstOfNextSeason(a, b)
    }

    /// Whether `next` is the one after `previous`, of names that differ in a number; nil where they do not.
    public static func isInOrder(_ next: String, after previous: String) -> Bool? {
        guard fileExtension(next) == fileExtension(previous) else { return nil }
        if isNext(next, after: previous) { return true }
        let a = Array(stem(previous).utf8)
        let b = Array(stem(next).utf8)
        if season(a) != nil, season(b) != nil { return false }
        let at = firstDifference(a, b)
        return number(a, at) != nil && number(b, at) != nil ? false : nil
    }

    /// Where two names begin to differ; in a number, where that begins.
    private static func firstDifference(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var at = 0
        while at < a.count, at < b.count, a[at] == b[at] { at += 1 }
        while at > 0, isDigit(a[at - 1]) { at -= 1 }
        return at
    }

    /// `S01E10` → `S02E01`.
    private static func isFirstOfNextSeason(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard let (seasonA, _) = season(a), let (seasonB, episodeB) = season(b) else {
            return false
        }
        return seasonB == seasonA + 1 && episodeB == 1
    }

    /// `S01E02` or `1x02` somewhere in a name.
    public static func season(_ name: [UInt8]) -> (season: Int, episode: Int)? {
        for at in name.indices where isDigit(name[at]) && (at == 0 || !isDigit(name[at - 1])) {
            guard let (first, end) = numberAndEnd(name, at), end < name.count else { continue }
            let hasS = at > 0 && (name[at - 1] | 0x20) == UInt8(ascii: "s")
            let mark = name[end] | 0x20
            guard (hasS && mark == UInt8(ascii: "e")) || mark == UInt8(ascii: "x") else { continue }
            if let second = number(name, end + 1) { return (first, second) }
        }
        return nil
    }

    /// Whether a folder is named as a part of what its parent is: `Season 2`, `Staffel 02`, `S03`, `CD1`, `Disc 2`.
    public static func isPart(folder name: String) -> Bool {
        let bytes = Array(name.lowercased().utf8)
        guard let digit = bytes.firstIndex(where: isDigit), bytes[digit...].allSatisfy(isDigit)
        else { return false }
        let word = bytes[..<digit].filter { ![0x20, 0x2D, 0x2E, 0x5F].contains($0) }
        return partWords.contains(String(decoding: word, as: UTF8.self))
    }

    /// What seasons and discs are called.
    private static let partWords: Set<String> = [
        "s", "season", "series", "staffel", "saison", "temporada", "stagione", "seizoen", "cd",
        "disc", "disk", "dvd", "part", "volume", "vol",
    ]

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func number(_ bytes: [UInt8], _ at: Int) -> Int? { numberAndEnd(bytes, at)?.0 }

    private static func numberAndEnd(_ bytes: [UInt8], _ at: Int) -> (Int, Int)? {
        var end = at
        var value = 0
        while end < bytes.count, isDigit(bytes[end]), end - at < 9 {
            value = value * 10 + Int(bytes[end] - 0x30)
            end += 1
        }
        return end > at ? (value, end) : nil
    }
}
