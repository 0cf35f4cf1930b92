import Model

/// Reads the comma-separated texts behind `-o`, as mount(8) and fstab(5) write them. Pure.
///
/// Of an option given twice the last counts, so that a command line can overrule a template. `\,`
/// is a comma inside a value.
struct MountOptionParser {
    static let memoryMin = ByteCount.mebibytes(16)
    static let diskMin = ByteCount.mebibytes(64)
    static let readaheadMin = ByteCount.kibibytes(128)
    /// One lane stays free for readers who wait, so one alone is not enough.
    static let lanesRange = 2...256
    static let shareDeadlineRange = Duration.seconds(1)...Duration.seconds(3600)
    static let ageMax = Duration.seconds(365 * 86400)

    private let sloppy: Bool
    private var request: MountRequest
    private var propagationIsGiven = false
    private var kernelOptions: [String] = []

    /// - Parameter sloppy: unknown options are noted instead of refused (`mount -s`).
    /// - Returns: a request whose share and view are still empty.
    static func parse(
        _ texts: [String], sloppy: Bool = false
    ) throws(CommandError) -> MountRequest {
        var parser = MountOptionParser(sloppy: sloppy)
        parser.request.optionTexts = texts
        parser.request.sloppy = sloppy
        for text in texts {
            for option in split(text) where !option.isEmpty { try parser.take(option) }
        }
        return try parser.finish()
    }

    private init(sloppy: Bool) {
        self.sloppy = sloppy
        request = MountRequest(
            configuration: MountConfiguration(sharePath: "", viewPath: "", cacheDirectory: ""))
    }

    static func split(_ text: String) -> [String] {
        var parts = [""]
        var isEscaped = false
        for character in text {
            switch character {
            case "\\" where !isEscaped:
                isEscaped = true
                continue
            case "," where !isEscaped: parts.append("")
            case ",", "\\": parts[parts.count - 1].append(character)
            default:
                // A backslash before anything else is a backslash.
                if isEscaped { parts[parts.count - 1].append("\\") }
                parts[parts.count - 1].append(character)
            }
            isEscaped = false
        }
        if isEscaped { parts[parts.count - 1].append("\\") }
        return parts
    }

    private mutating func take(_ text: String) throws(CommandError) {
        let equals = text.firstIndex(of: "=")
        let name = String(text[..<(equals ?? text.endIndex)])
        let value = equals.map { String(text[text.index(after: $0)...]) }
        if let option = MountOption.own.first(where: { $0.name == name }) {
            return try take(option, value)
        }
        if MountOption.foreignPrefixes.contains(where: text.hasPrefix) { return }
        if value == nil, MountOption.foreign.contains(name) { return }
        if value == nil, MountOption.kernel.contains(name) {
            kernelOptions.removeAll { $0 == name || Self.opposite($0) == name }
            return kernelOptions.append(name)
        }
        if name == "rw", value == nil {
            kernelOptions.removeAll { $0 == "ro" }
            return
        }
        guard !sloppy else {
            return request.notes.append("option '\(name)' is unknown and left out")
        }
        let known = MountOption.own.map(\.name) + MountOption.kernel.sorted()
        let hint = Spelling.nearest(to: name, among: known).map { "; did you mean '\($0)'?" }
        throw .usage(
            "unknown option '\(name)'\(hint ?? "")\n  known: "
                + MountOption.own.map(\.usage).joined(separator: ", ")
                + ", and the usual ones of mount(8)")
    }

    private mutating func take(_ option: MountOption, _ value: String?) throws(CommandError) {
        guard option.value != nil else {
            guard value == nil else { throw .usage("'\(option.name)' takes no value") }
            switch option.name {
            case "allow_other": request.configuration.allowOther = true
            default: request.configuration.force = true
            }
            return
        }
        guard let value, !value.isEmpty else { throw .usage("expected \(option.usage)") }
        switch option.name {
        case "cache": request.configuration.cacheDirectory = value
        case "memory":
            request.configuration.memoryLimit = try size(option, value, min: Self.memoryMin)
        case "disk":
            request.configuration.diskLimit = try size(
                option, value, min: Self.diskMin, orZero: true)
        case "readahead":
            request.configuration.readaheadLimit = try size(
                option, value, min: Self.readaheadMin, orZero: true)
        case "consistency":
            request.configuration.consistency = try choice(option, value)
        case "strategy":
            request.configuration.strategy =
                value == "auto" ? nil : try choice(option, value, besides: ["auto"])
        case "bandwidth": try takeBandwidth(option, value)
        case "log": request.configuration.verbosity = try choice(option, value)
        case "timeout":
            request.configuration.shareDeadline = try time(
                option, value, Self.shareDeadlineRange)
        case "propagation":
            request.configuration.propagationDelay = try time(option, value, .zero...Self.ageMax)
            propagationIsGiven = true
        case "ttl":
            request.configuration.namespaceTTL = try time(option, value, .zero...Self.ageMax)
        case "lanes":
            guard let lanes = Int(value), Self.lanesRange.contains(lanes) else {
                throw Self.impossible(
                    option, value,
                    "a number from \(Self.lanesRange.lowerBound) to \(Self.lanesRange.upperBound)")
            }
            request.configuration.lanes = lanes
        case "uid": request.configuration.shownOwner.userID = try identity(option, value, "-u")
        case "gid": request.configuration.shownOwner.groupID = try identity(option, value, "-g")
        case "umask":
            guard let mask = UInt32(value, radix: 8), mask <= 0o777 else {
                throw Self.impossible(option, value, "an octal number up to 777, like 022 or 077")
            }
            request.configuration.shownOwner.mask = mask
        default: request.logFile = value
        }
    }

    /// What only shows when all options are known.
    private func finish() throws(CommandError) -> MountRequest {
        var finished = request
        finished.configuration.kernelOptions = kernelOptions
        let configuration = finished.configuration
        if configuration.readaheadLimit.bytes > configuration.memoryLimit.bytes / 2 {
            throw .usage(
                "readahead=\(configuration.readaheadLimit) does not fit: expected at most half of"
                    + " memory=\(configuration.memoryLimit)")
        }
        switch configuration.consistency {
        case .strict where propagationIsGiven && configuration.propagationDelay > .zero:
            throw .usage(
                "propagation=\(configuration.propagationDelay.text) contradicts consistency=strict,"
                    + " which asks the share each time: leave one of them out")
        case .strict: finished.configuration.propagationDelay = .zero
        case .eventual where configuration.propagationDelay > configuration.namespaceTTL:
            guard !propagationIsGiven else {
                throw .usage(
                    "propagation=\(configuration.propagationDelay.text) is longer than"
                        + " ttl=\(configuration.namespaceTTL.text): expected it to be at most that")
            }
            finished.configuration.propagationDelay = configuration.namespaceTTL
        case .eventual: break
        }
        return finished
    }

    /// Rules add up over several options; where they overlap, the last one counts, as everywhere.
    private mutating func takeBandwidth(
        _ option: MountOption, _ value: String
    ) throws(CommandError) {
        do {
            try request.configuration.bandwidth.append(parsing: value)
        } catch {
            throw Self.impossible(
                option, value,
                "a rate, alone or for some hours, like 20MB/s, 08:00-18:00=5MB/s or"
                    + " '08:00=5MB/s;18:00=off', but \(error.problem)")
        }
    }

    // MARK: Values

    private func size(
        _ option: MountOption, _ value: String, min least: ByteCount, orZero: Bool = false
    ) throws(CommandError) -> ByteCount {
        guard let size = ByteCount(parsing: value), size >= least || (orZero && size.bytes == 0)
        else {
            throw Self.impossible(
                option, value,
                "a size of at least \(least)\(orZero ? ", or 0 for none" : ""), like 512M or 5GiB")
        }
        return size
    }

    private func time(
        _ option: MountOption, _ value: String, _ range: ClosedRange<Duration>
    ) throws(CommandError) -> Duration {
        guard let time = Duration(parsing: value), range.contains(time) else {
            throw Self.impossible(
                option, value,
                "a time from \(range.lowerBound.text) to \(range.upperBound.text),"
                    + " like 500ms, 30s or 5m")
        }
        return time
    }

    /// The number 2³²−1 means "nobody in particular" to the kernel.
    private func identity(
        _ option: MountOption, _ value: String, _ letter: String
    ) throws(CommandError) -> UInt32 {
        guard let number = UInt32(value), number != .max else {
            throw Self.impossible(
                option, value, "a number like 1000; `id \(letter) NAME` says which")
        }
        return number
    }

    private func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ option: MountOption, _ value: String, besides: [String] = []
    ) throws(CommandError) -> Choice {
        guard let choice = Choice(rawValue: value) else {
            let names = besides + Choice.allCases.map(\.rawValue)
            let hint = Spelling.nearest(to: value, among: names).map { "; did you mean '\($0)'?" }
            throw Self.impossible(
                option, value, names.joined(separator: " or ") + (hint ?? ""))
        }
        return choice
    }

    private static func impossible(
        _ option: MountOption, _ value: String, _ expected: String
    ) -> CommandError {
        .usage("\(option.name)=\(value) is not possible: expected \(expected)")
    }

    /// `nosuid` for `suid` and the other way round.
    private static func opposite(_ name: String) -> String {
        switch name {
        case "sync": "async"
        case "async": "sync"
        default: name.hasPrefix("no") ? String(name.dropFirst(2)) : "no" + name
        }
    }
}
